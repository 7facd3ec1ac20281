package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** As four processes behind the gateway, over the distribution's Postgres and Redis. */
@ExtendWith(Product.class)
class ServicesEndToEndIT extends EndToEnd<ServicesInstallation> {
  private static final Duration RECOVERY = Duration.ofSeconds(90);

  ServicesEndToEndIT() throws Exception {
    super(ServicesInstallation.start("four-services"));
  }

  @Test
  @Order(20)
  void theDocumentListsWhatThatOfOneProcessLists(TokenLedgerProcess oneProcess) throws Exception {
    assertThat(operations(product)).isEqualTo(operations(oneProcess)).isNotEmpty();
  }

  @Test
  @Order(21)
  void noServiceShowsItsOwnHealthAndMetricsThroughTheGateway() throws Exception {
    assertThat(product.api("").get("/q/metrics").text())
        .contains("tokenledger_gateway_requests_seconds_count")
        .doesNotContain("tokenledger_problems");
    assertThat(product.api("").get("/q/health/ready").json().at("/checks/0/data"))
        .hasSize(4)
        .allSatisfy(state -> assertThat(state.asText()).isEqualTo("ready"));
    assertThat(product.api("").get("/q/nothing").code()).isEqualTo("not_found");
  }

  @Test
  @Order(22)
  void eachProcessIsKilledOnceUnderLoadAndWhatWasAcceptedIsStoredOnce() throws Exception {
    Ledger ledger = product.ledger();
    Ledger.Totals before = ledger.settled();
    try (Senders senders = new Senders(product, "killed")) {
      for (String name : ServicesInstallation.PROCESSES) {
        senders.awaitMore(10);
        long killed = product.process(name).orElseThrow().pid();
        product.kill(name);
        awaitAnother(name, killed);
      }
      senders.awaitMore(10);
      senders.end();
      assertThat(senders.repeated()).as("the load has felt it").isPositive();
      assertThat(senders.statuses()).isSubsetOf(202, 503, 504);
      assertThat(senders.refusedWithoutRetryAfter()).isEmpty();
      assertThat(ledger.settled().minus(before).rows()).isEqualTo(senders.acknowledgedEvents());
    }
    new LedgerProof(product).holds();
  }

  @Test
  @Order(23)
  void aLauncherThatWasKilledLeavesNothingThatTheNextOneDoesNotReplace() throws Exception {
    Ledger.Totals before = product.ledger().settled();
    Map<String, ProcessHandle> left = new TreeMap<>();
    for (String name : ServicesInstallation.PROCESSES) {
      left.put(name, product.process(name).orElseThrow());
    }
    product.killLauncher();
    product.startAgain();
    for (Map.Entry<String, ProcessHandle> process : left.entrySet()) {
      awaitAnother(process.getKey(), process.getValue().pid());
      assertThat(process.getValue().isAlive()).as(process.getKey()).isFalse();
    }
    assertThat(product.ledger().settled()).isEqualTo(before);
  }

  private void awaitAnother(String name, long pid) throws Exception {
    Eventually.holds(
        name + " is there again",
        RECOVERY,
        () ->
            product.process(name).filter(p -> p.isAlive() && p.pid() != pid).isPresent()
                && product.api("").isReady());
  }

  /** The methods of each path. */
  private static Map<String, TreeSet<String>> operations(Installation installation)
      throws IOException {
    Map<String, TreeSet<String>> operations = new TreeMap<>();
    JsonNode document = installation.api("").get("/openapi?format=json").json();
    for (Map.Entry<String, JsonNode> path : document.path("paths").properties()) {
      TreeSet<String> methods = new TreeSet<>();
      path.getValue().fieldNames().forEachRemaining(methods::add);
      operations.put(path.getKey(), methods);
    }
    return operations;
  }
}
