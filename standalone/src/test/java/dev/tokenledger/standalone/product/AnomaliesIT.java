package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** A spike in the last hour of a month of usage, in an installation that nobody has set up. */
class AnomaliesIT {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  /** What an hour waits after its end, and a little more. */
  private static final Duration DELAY = Duration.ofMinutes(2);

  /** Longer than the test takes from here. */
  private static final Duration ROOM = Duration.ofMinutes(3);

  private static final int BATCH = 500;

  @Test
  void aSpikeOfOneAgentIsToldWithItsCause() throws Exception {
    try (TokenLedgerProcess product =
        TokenLedgerProcess.start("anomalies", "-Dtokenledger.alerting.anomalies.enabled=true")) {
      Instant end = lastHourEnd();
      product.ledger().settled();
      report(product, end);
      product.ledger().awaitSettled();
      // As an installation that is upgraded: all of it is there when it is first looked at.
      try (Connection database = product.database();
          Statement statement = database.createStatement()) {
        statement.execute("TRUNCATE alerting.series_watches");
      }
      product.terminate();
      product.startAgain();
      Api admin = product.admin();
      Eventually.holds("the spike is told", PATIENCE, () -> alert(admin).has("id"));
      JsonNode alert = admin.get("/v1/alerts/" + alert(admin).path("id").asText()).json();
      assertThat(alert.path("type").asText()).isEqualTo("anomaly.detected");
      assertThat(alert.path("severity").asText()).isEqualTo("high");
      assertThat(alert.path("text").asText())
          .startsWith("Spend of agent crawler in the hour until ")
          .contains("was $15.00")
          .contains(" times its usual hour: $15.00 instead of ");
      JsonNode data = alert.path("data");
      assertThat(data.path("observed").asText()).isEqualTo("15.000000000");
      assertThat(data.path("window_end").asText()).isEqualTo(end.toString());
      assertThat(data.path("explanation").path("text").asText()).isNotEmpty();

      JsonNode series = admin.get("/v1/alerts/anomalies/series?dimension=agent").json();
      assertThat(series.path("series")).hasSize(8);
      JsonNode crawler = series.path("series").get(0);
      assertThat(crawler.path("value").asText()).isEqualTo("crawler");
      assertThat(crawler.path("measure").asText()).isEqualTo("cost_usd");
      assertThat(crawler.path("observed").asText()).isEqualTo("15.000000000");
      assertThat(crawler.path("hours").asInt()).isEqualTo(28 * 24);
      assertThat(crawler.path("learning").asBoolean()).isFalse();
      assertThat(crawler.path("anomaly").asText()).startsWith("anomaly:cost_usd:agent:crawler:");
      assertThat(series.path("series").get(4).path("value").asText()).isEqualTo("writer");
      assertThat(series.path("series").get(4).has("anomaly")).isFalse();
      assertThat(product.ingest().get("/v1/alerts/anomalies/series").code()).isEqualTo("forbidden");
    }
  }

  /** The end of the last hour that is looked at, which stays so for as long as the test takes. */
  private static Instant lastHourEnd() throws InterruptedException {
    Instant now = Instant.now();
    Instant end = now.minus(DELAY).truncatedTo(ChronoUnit.HOURS);
    Instant next = end.plus(Duration.ofHours(1)).plus(DELAY);
    if (now.plus(ROOM).isBefore(next)) {
      return end;
    }
    Thread.sleep(Duration.between(now, next).plusSeconds(5).toMillis());
    return end.plus(Duration.ofHours(1));
  }

  private static JsonNode alert(Api admin) throws IOException {
    for (JsonNode alert : admin.get("/v1/alerts?source=anomaly").json().path("alerts")) {
      if (alert.at("/labels/agent").asText().equals("crawler")) {
        return alert;
      }
    }
    return Api.JSON.createObjectNode();
  }

  /** About four calls an hour of each agent, and sixty of one in the last hour. */
  private static void report(TokenLedgerProcess product, Instant end) throws IOException {
    Random random = new Random(5);
    List<ObjectNode> events = new ArrayList<>();
    for (int hour = 30 * 24; hour >= 1; hour--) {
      Instant start = end.minus(Duration.ofHours(hour));
      calls(events, "crawler", start, hour == 1 ? 60 : 3 + random.nextInt(3));
      calls(events, "writer", start, 3 + random.nextInt(3));
    }
    for (int from = 0; from < events.size(); from += BATCH) {
      List<ObjectNode> batch = events.subList(from, Math.min(from + BATCH, events.size()));
      assertThat(product.ingest().report(batch).accepted()).isEqualTo(batch.size());
    }
  }

  /** A quarter of a dollar each. */
  private static void calls(List<ObjectNode> events, String agent, Instant start, int count) {
    for (int i = 0; i < count; i++) {
      String time = start.plusSeconds(40L * i).toString();
      events.add(
          Events.call(UUID.randomUUID().toString(), "openai", "gpt-4o", time, 100_000, 0)
              .put("agent", agent));
    }
  }
}
