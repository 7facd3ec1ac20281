package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A block that the ledger refuses holds up nobody, is seen by everybody, and is not lost. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DeadLettersIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private TokenLedgerProcess product;

  @BeforeAll
  void start() throws Exception {
    product = TokenLedgerProcess.start("dead-letters");
  }

  @AfterAll
  void stop() throws Exception {
    product.close();
  }

  @Test
  void aRefusedEventIsKeptAloneAndIsSettledWhenItIsReplayed() throws Exception {
    Api admin = product.admin();
    asOwner(
        "ALTER TABLE ledger.events ADD CONSTRAINT refused CHECK (event_id NOT LIKE 'refused%')");
    report("a-", 300, Set.of(7, 299));
    Eventually.holds("two are given up", PATIENCE, () -> letters().path("total").asInt() == 2);
    report("b-", 1, Set.of());
    Ledger.Totals totals = product.ledger().settled();
    assertThat(totals.modelCalls()).as("those beside them are settled").isEqualTo(299);

    JsonNode proof = product.ledger().reconciliation();
    assertThat(proof.path("agrees").asBoolean()).as(proof.toString()).isFalse();
    assertThat(proof.path("accepted").path("dead").asLong()).isEqualTo(2);
    assertThat(proof.path("accepted").path("agrees").asBoolean()).isFalse();
    JsonNode letter = letters().path("dead_letters").get(0);
    assertThat(letter.path("reason").asText()).contains("refused");
    assertThat(product.ledger().rows("SELECT event_id FROM ledger.dead_events ORDER BY 1"))
        .containsExactly(List.of("refused-a-299"), List.of("refused-a-7"));

    JsonNode completeness = admin.get("/v1/ledger/completeness").json();
    assertThat(completeness.path("dead_events").get(0).path("events").asInt()).isEqualTo(2);
    assertThat(completeness.path("dead_events").get(0).path("source").asText()).isEqualTo("native");
    JsonNode overview = admin.get("/v1/analytics/overview?period=24h").json();
    assertThat(overview.path("freshness").path("dead_events").asInt()).isEqualTo(2);
    Eventually.holds("an alert is open", PATIENCE, () -> alerts("open") == 1);

    product.kill();
    product.startAgain();
    assertThat(letters().path("total").asInt()).isEqualTo(2);
    asOwner("ALTER TABLE ledger.events DROP CONSTRAINT refused");
    for (JsonNode each : letters().path("dead_letters")) {
      String id = each.path("id").asText();
      assertThat(admin.method("POST", "/v1/ledger/dead-letters/" + id + "/replay").status())
          .isEqualTo(202);
    }
    Eventually.holds(
        "they are settled", PATIENCE, () -> product.ledger().settled().modelCalls() == 301);
    Eventually.holds(
        "everything agrees",
        PATIENCE,
        () -> product.ledger().reconciliation().path("agrees").asBoolean());
    assertThat(product.ledger().reconciliation().path("accepted").path("dead").asLong()).isZero();
    assertThat(letters().path("total").asInt()).isZero();
    assertThat(product.ledger().rows("SELECT event_id FROM ledger.dead_events")).isEmpty();
    Eventually.holds("the alert is resolved", PATIENCE, () -> alerts("open") == 0);
    assertThat(alerts("resolved")).isEqualTo(1);
    new LedgerProof(product).holds();
  }

  private int alerts(String status) throws Exception {
    int found = 0;
    JsonNode alerts = product.admin().get("/v1/alerts?status=" + status).json();
    for (JsonNode alert : alerts.path("alerts")) {
      found += alert.path("source").asText().equals("ledger") ? 1 : 0;
    }
    return found;
  }

  private JsonNode letters() throws Exception {
    return product.admin().get("/v1/ledger/dead-letters").json();
  }

  /** Reports calls in one request, some of which the ledger will refuse. */
  private void report(String prefix, int count, Set<Integer> refused) throws Exception {
    List<ObjectNode> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String id = (refused.contains(i) ? "refused-" : "") + prefix + i;
      events.add(Events.call(id, "openai", "gpt-4o", Instant.now().toString(), 1_000, 10));
    }
    Api.Answer answer = product.ingest().report(events);
    assertThat(answer.accepted()).as(answer.text()).isEqualTo(count);
  }

  private void asOwner(String sql) throws SQLException {
    try (Connection connection = product.ledger().connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
