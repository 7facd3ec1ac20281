package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Each shape is started with every setting of the documents at once, each in every process: a
 * setting of one service must not end another.
 */
class DocumentedSettingsIT {
  /** Where the stores and services of the test are; a value of ours would point elsewhere. */
  private static final Set<String> ADDRESSES =
      Set.of(
          "tokenledger.data",
          "tokenledger.redis.url",
          "tokenledger.database.url",
          "tokenledger.database.owner-username",
          "tokenledger.database.owner-password",
          "tokenledger.identity.bootstrap-file",
          "tokenledger.alerting.guard-redis-url",
          "tokenledger.gateway.ingest");

  /** Values for settings that have none unless one is given. */
  private static final Map<String, String> SAMPLES =
      Map.of(
          "tokenledger.database.role-passwords.SERVICE", "of-the-role",
          "tokenledger.aggregation.consumer", "settler",
          "tokenledger.alerting.smtp.host", "127.0.0.1",
          "tokenledger.alerting.smtp.from", "alerts@example.com",
          "tokenledger.alerting.smtp.username", "alerts",
          "tokenledger.alerting.smtp.password", "of-the-mail-server",
          "tokenledger.alerting.secret-key", "of-the-channels",
          "tokenledger.alerting.former-secret-keys", "of-before,of-long-before");

  @Test
  void oneProcessStartsWithAllOfThem() throws Exception {
    try (TokenLedgerProcess product = TokenLedgerProcess.start("settings-up", options())) {
      worksWithThem(product);
    }
  }

  @Test
  void fourServicesAndTheGatewayStartWithAllOfThem() throws Exception {
    try (ServicesInstallation product =
        ServicesInstallation.start("settings-services", options())) {
      worksWithThem(product);
    }
  }

  private static void worksWithThem(Installation product) throws Exception {
    Api.Answer tooMany =
        product
            .ingest()
            .report(IntStream.range(0, 4).mapToObj(i -> Events.call("e" + i, 1, 1)).toList());
    assertThat(tooMany.code()).as(tooMany.text()).isEqualTo("too_many_events");
    Api.Answer taken = product.ingest().report(Events.call("taken", 1, 1));
    assertThat(taken.status()).as(taken.text()).isEqualTo(202);
    assertThat(product.ledger().settled().rows()).isEqualTo(1);
    ObjectNode mail = Api.JSON.createObjectNode().put("name", "mail").put("type", "email");
    mail.putArray("recipients").add("ops@example.com");
    Api.Answer channel = product.admin().post("/v1/alerts/channels", mail);
    assertThat(channel.status()).as("mail is set up: " + channel.text()).isEqualTo(201);
  }

  /** As {@code -Dname=value}: the documented value, or another where that shows it has arrived. */
  private static String[] options() throws IOException {
    List<String> options = new ArrayList<>();
    for (String document : List.of("configuration.md", "deployment.md")) {
      for (String line : Files.readAllLines(Path.of("..", "docs", document))) {
        if (line.startsWith("| `tokenledger.")) {
          String[] cells = line.split(" *\\| *", 4);
          String name = cells[1].split("`")[1];
          if (!ADDRESSES.contains(name)) {
            options.add("-D" + name.replace("SERVICE", "reporting") + "=" + value(name, cells[2]));
          }
        }
      }
    }
    assertThat(options).as("settings of the documents").hasSizeGreaterThan(60);
    return options.toArray(String[]::new);
  }

  private static String value(String name, String documented) {
    if (name.equals("tokenledger.ingest.max-events")) {
      return "3";
    }
    String value = SAMPLES.getOrDefault(name, documented.split(",")[0].replace("`", ""));
    assertThat(value).as("a value for " + name).isNotEmpty();
    return value;
  }
}
