package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tokenledger.model.rollup.Cuboid;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What is added up of users over models and longer buckets stays exact when time that has been
 * added up changes, and answers as the events do.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UserSumsIT {
  private static final int DAYS = 30;
  private static final List<Integer> LENGTHS = List.of(4, 24, 192);

  private final TokenLedgerProcess process;
  private final Ledger ledger;
  private final Instant start;

  /** Input tokens by user, of all events that count. */
  private final Map<String, Long> expected = new HashMap<>();

  UserSumsIT() throws Exception {
    process = TokenLedgerProcess.start("user-sums");
    ledger = process.ledger();
    start = Instant.now().truncatedTo(ChronoUnit.HOURS).minus(DAYS, ChronoUnit.DAYS);
  }

  @AfterAll
  void stop() throws Exception {
    process.close();
  }

  @Test
  void lateEventsAndCorrectionsMoveWhatIsAddedUp() throws Exception {
    List<ObjectNode> events = new ArrayList<>();
    for (int hour = 0; hour < DAYS * 24; hour++) {
      events.add(call("e-" + hour, "u-" + hour % 7, hour, 100 + hour));
    }
    report(events);
    awaitAddedUp();
    int rows = addedUpRows();
    new LedgerProof(process).holds();
    answersAsExpected();

    // Late: of users who were there in that time, and of one who was not.
    report(List.of(call("late-1", "u-3", 51, 1_000), call("late-2", "u-new", 300, 7)));
    assertThat(addedUpRows()).as("of the new user in each length").isGreaterThanOrEqualTo(rows + 3);
    answersAsExpected();

    // Corrected: other tokens, and another user, of whom then nothing is left in that bucket.
    expected.merge("u-" + 40 % 7, -140L, Long::sum);
    expected.merge("u-" + 41 % 7, -141L, Long::sum);
    report(
        List.of(
            call("e-40", "u-" + 40 % 7, 40, 5_000).put("amends", true),
            call("e-41", "u-moved", 41, 141).put("amends", true)));
    answersAsExpected();
    new LedgerProof(process).holds();

    for (int length : LENGTHS) {
      aWrongRowIsFound("ledger.user_sums WHERE hours = " + length);
    }
    aWrongRowIsFound("ledger.rollup_day WHERE cuboid = " + Cuboid.BY_SESSION.code());
    new LedgerProof(process).holds();
  }

  /** Moves one row of a table away from what it should be, and back. */
  private void aWrongRowIsFound(String rows) throws Exception {
    long cost = ledger.number("SELECT max(cost_nanos) FROM " + rows);
    String change =
        "UPDATE " + rows.replace("WHERE", "SET cost_nanos = %d WHERE cost_nanos = %d AND");
    try (Connection connection = ledger.connect();
        Statement statement = connection.createStatement()) {
      int changed = statement.executeUpdate(String.format(change, cost + 1, cost));
      assertThat(changed).as(rows).isPositive();
      assertThatThrownBy(() -> new LedgerProof(process).holds())
          .as(rows)
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("that events");
      assertThat(statement.executeUpdate(String.format(change, cost, cost + 1))).isEqualTo(changed);
    }
  }

  /** The product knows users by pseudonyms; what they used tells them apart. */
  private void answersAsExpected() throws Exception {
    assertThat(answer().values()).containsExactlyInAnyOrderElementsOf(expected.values());
  }

  private ObjectNode call(String id, String user, int hour, long inputTokens) {
    String time = start.plus(hour, ChronoUnit.HOURS).plusSeconds(60).toString();
    expected.merge(user, inputTokens, Long::sum);
    return Events.call(id, "openai", "gpt-4o", time, inputTokens, 1).put("user", user);
  }

  private void report(List<ObjectNode> events) throws Exception {
    Api.Answer answer = process.ingest().report(events);
    assertThat(answer.accepted()).as(answer.text()).isEqualTo(events.size());
    ledger.awaitSettled();
  }

  private void awaitAddedUp() throws Exception {
    Eventually.holds(
        "two weeks are added up in all lengths",
        Duration.ofSeconds(120),
        () ->
            ledger.number(
                    "SELECT count(*) FROM ledger.user_sums_complete WHERE until > now() - CASE hours"
                        + " WHEN 4 THEN interval '9 hours' WHEN 24 THEN interval '49 hours'"
                        + " ELSE interval '10 days' END")
                == LENGTHS.size());
  }

  private int addedUpRows() throws Exception {
    return (int) ledger.number("SELECT count(*) FROM ledger.user_sums");
  }

  /** As the product answers, in two parts of which neither begins or ends with a bucket. */
  private Map<String, Long> answer() throws Exception {
    Map<String, Long> sums = new HashMap<>();
    Instant middle = start.plus(11 * 24 + 5, ChronoUnit.HOURS);
    read(start, middle, sums);
    read(middle, start.plus(DAYS, ChronoUnit.DAYS), sums);
    return sums;
  }

  private void read(Instant from, Instant until, Map<String, Long> sums) throws Exception {
    ObjectNode query =
        Api.JSON
            .createObjectNode()
            .put("start", from.toString())
            .put("end", until.toString())
            .put("granularity", "none")
            .put("limit", 100);
    query.putArray("measures").add("input_tokens");
    query.putArray("dimensions").add("user");
    Api.Answer answer = process.admin().post("/v1/analytics/query", query);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    for (JsonNode row : answer.json().path("rows")) {
      sums.merge(row.path("user").asText(), row.path("input_tokens").asLong(), Long::sum);
    }
  }
}
