package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
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
  void aRefusedBlockIsListedMissedByTheReconciliationAndSettledWhenItIsReplayed() throws Exception {
    Api admin = product.admin();
    asOwner("ALTER TABLE ledger.events ADD CONSTRAINT refused CHECK (event_id <> 'refused')");
    report("refused");
    Eventually.holds("it is given up", PATIENCE, () -> letters().path("total").asInt() == 1);
    report("taken");
    Ledger.Totals totals = product.ledger().settled();
    assertThat(totals.modelCalls()).as("others go on").isEqualTo(1);

    JsonNode proof = product.ledger().reconciliation();
    assertThat(proof.path("agrees").asBoolean()).as(proof.toString()).isFalse();
    assertThat(proof.path("accepted").path("dead").asLong()).isEqualTo(1);
    assertThat(proof.path("accepted").path("agrees").asBoolean()).isFalse();

    asOwner("ALTER TABLE ledger.events DROP CONSTRAINT refused");
    String id = letters().path("dead_letters").get(0).path("id").asText();
    assertThat(admin.method("POST", "/v1/ledger/dead-letters/" + id + "/replay").status())
        .isEqualTo(202);
    Eventually.holds("it is settled", PATIENCE, () -> product.ledger().settled().modelCalls() == 2);
    Eventually.holds(
        "everything agrees",
        PATIENCE,
        () -> product.ledger().reconciliation().path("agrees").asBoolean());
    assertThat(product.ledger().reconciliation().path("accepted").path("dead").asLong()).isZero();
    assertThat(letters().path("total").asInt()).isZero();
    new LedgerProof(product).holds();
  }

  private JsonNode letters() throws Exception {
    return product.admin().get("/v1/ledger/dead-letters").json();
  }

  private void report(String id) throws Exception {
    Api.Answer answer =
        product
            .ingest()
            .report(Events.call(id, "openai", "gpt-4o", Instant.now().toString(), 1_000, 10));
    assertThat(answer.accepted()).as(answer.text()).isEqualTo(1);
  }

  private void asOwner(String sql) throws SQLException {
    try (Connection connection = product.ledger().connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
