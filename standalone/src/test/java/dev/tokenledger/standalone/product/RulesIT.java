package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Rules on usage in which the cause of a change was planted. */
@ExtendWith(Product.class)
class RulesIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Within a window of an hour for as long as a test takes. */
  private static final Duration AGO = Duration.ofMinutes(25);

  /** At $2.50 a million tokens, a quarter of a dollar. */
  private static final long TOKENS = 100_000;

  private final TokenLedgerProcess product;
  private final Api admin;
  private final String id = UUID.randomUUID().toString().substring(0, 8);
  private final List<ObjectNode> events = new ArrayList<>();

  RulesIT(TokenLedgerProcess product) {
    this.product = product;
    this.admin = product.admin();
  }

  @Test
  void spendBeyondALimitIsToldWithItsCauseAndResolvedWhenItIsOver() throws Exception {
    for (int week = 1; week <= 4; week++) {
      usual(Duration.ofDays(7L * week));
    }
    report();
    // What is usual must be known before anything is compared with it.
    product.ledger().awaitSettled();
    try (Webhooks webhooks = new Webhooks()) {
      ObjectNode rule = rule("cost_usd", ">", "3.00").put("severity", "high");
      rule.putArray("channels").add(channel(webhooks));
      String rulePath = "/v1/alerts/rules/" + create(rule);
      usual(Duration.ZERO);
      calls("crawler", "gpt-4o", 12, AGO);
      report();
      Eventually.holds("the rule fires", PATIENCE, () -> !webhooks.requests().isEmpty());
      JsonNode firing = webhooks.received().values().iterator().next();
      assertThat(firing.path("type").asText()).isEqualTo("rule.firing");
      JsonNode data = firing.path("data");
      // A quarter for each of 4 + 12 calls of the crawler and 4 of the writer, and the small ones.
      assertThat(data.path("value").asText()).isEqualTo("5.150000000");
      assertThat(data.path("limit").asText()).isEqualTo("3.000000000");
      assertThat(data.path("text").asText())
          .contains("Spend in " + id)
          .contains("above the limit of $3.00")
          .contains("2.4 times its usual hour: $5.15 instead of $2.15 (+$3.00)")
          .contains("100 % of the rise comes from agent crawler-" + id + " on gpt-4o since ")
          .contains("By users, 100 % of it comes from ");
      JsonNode cause = data.at("/explanation/causes/0");
      assertThat(cause.at("/values/agent").asText()).isEqualTo("crawler-" + id);
      assertThat(cause.at("/values/model").asText()).isEqualTo("gpt-4o");
      assertThat(cause.path("difference").asText()).isEqualTo("3.000000000");
      assertThat(Instant.parse(cause.path("since").asText()))
          .isBetween(
              Instant.now().minus(AGO).minus(8, ChronoUnit.MINUTES), Instant.now().minus(AGO));

      Api.Answer changed =
          admin.patch(rulePath, Api.JSON.createObjectNode().put("threshold", "100"));
      assertThat(changed.status()).as(changed.text()).isEqualTo(200);
      Eventually.holds("it is resolved", PATIENCE, () -> webhooks.requests().size() >= 2);
      assertThat(new ArrayList<>(webhooks.received().values()).get(1).at("/data/reason").asText())
          .isEqualTo("the condition no longer holds");
      assertThat(webhooks.requests()).hasSize(2);
      assertThat(admin.delete(rulePath).status()).isEqualTo(204);
    }
  }

  @Test
  void aRuleForEachAgentTellsOfThoseForWhichItHoldsAndEndsWithTheRule() throws Exception {
    try (Webhooks webhooks = new Webhooks()) {
      ObjectNode rule = rule("error_rate", ">", "0.2").put("per", "agent").put("minimum", 5);
      rule.putArray("channels").add(channel(webhooks));
      String rulePath = "/v1/alerts/rules/" + create(rule);
      calls("failing", "gpt-4o", 6, AGO).forEach(call -> call.put("status", "failure"));
      calls("failing", "gpt-4o", 4, AGO);
      calls("steady", "gpt-4o", 10, AGO);
      calls("rare", "gpt-4o", 2, AGO).forEach(call -> call.put("status", "failure"));
      report();
      Eventually.holds("the rule fires", PATIENCE, () -> !webhooks.requests().isEmpty());
      JsonNode data = webhooks.received().values().iterator().next().path("data");
      assertThat(data.path("title").asText())
          .isEqualTo("'" + id + "' for agent failing-" + id + ": 60 % is above 20 %");
      assertThat(series(preview(rulePath), "rare-" + id).path("outcome").asText())
          .isEqualTo("too_few");
      assertThat(series(preview(rulePath), "steady-" + id).path("outcome").asText())
          .isEqualTo("does_not_hold");
      assertThat(admin.delete(rulePath).status()).isEqualTo(204);
      Eventually.holds("it is resolved", PATIENCE, () -> webhooks.requests().size() >= 2);
      assertThat(webhooks.requests()).hasSize(2);
      assertThat(new ArrayList<>(webhooks.received().values()).get(1).at("/data/reason").asText())
          .isEqualTo("the rule was deleted");
      assertThat(admin.get(rulePath).code()).isEqualTo("not_found");
    }
  }

  @Test
  void growthIsComparedWithTheSameHourOfTheDayBefore() throws Exception {
    calls("crawler", "gpt-4o", 1, AGO.plusDays(7));
    calls("crawler", "gpt-4o", 4, AGO.plusDays(1));
    calls("crawler", "gpt-4o", 13, AGO);
    calls("crawler", "gpt-4o", 40, AGO.plusHours(1));
    report();
    ObjectNode rule = rule("total_tokens", ">", null).put("enabled", false);
    rule.put("change_percent", "200").put("against", "same_window_yesterday");
    String rulePath = "/v1/alerts/rules/" + create(rule);
    Eventually.holds(
        "the growth is seen",
        PATIENCE,
        () -> preview(rulePath).at("/series/0/outcome").asText().equals("holds"));
    JsonNode figures = preview(rulePath).at("/series/0/figures");
    assertThat(figures.path("value").asLong()).isEqualTo(13 * TOKENS);
    assertThat(figures.path("limit").asLong()).isEqualTo(12 * TOKENS);
    assertThat(figures.path("baseline").asLong()).isEqualTo(4 * TOKENS);
    admin.patch(rulePath, Api.JSON.createObjectNode().put("change_percent", "225"));
    assertThat(preview(rulePath).at("/series/0/outcome").asText()).isEqualTo("does_not_hold");
    assertThat(admin.delete(rulePath).status()).isEqualTo(204);
  }

  @Test
  void anUnusualHourLiesBeyondTheDeviationsOfThoseBefore() throws Exception {
    calls("crawler", "gpt-4o", 1, AGO.plusDays(7));
    int[] calls = {8, 10, 12, 8, 12};
    for (int day = 1; day <= calls.length; day++) {
      calls("crawler", "gpt-4o", calls[day - 1], AGO.plusDays(day));
    }
    calls("crawler", "gpt-4o", 17, AGO);
    report();
    ObjectNode rule = rule("model_calls", ">", null).put("enabled", false);
    String rulePath = "/v1/alerts/rules/" + create(rule.put("deviations", "3").put("windows", 5));
    // Mean 10, deviation 2.
    Eventually.holds(
        "it is seen",
        PATIENCE,
        () -> preview(rulePath).at("/series/0/outcome").asText().equals("holds"));
    assertThat(preview(rulePath).at("/series/0/figures/limit").asInt()).isEqualTo(16);
    assertThat(preview(rulePath).at("/series/0/explanation/text").asText())
        .contains("70 % above its usual hour: 17 instead of 10 (+7)");
    assertThat(admin.delete(rulePath).status()).isEqualTo(204);
  }

  @Test
  void silenceIsNotTheSameAsZero() throws Exception {
    calls("silent", "gpt-4o", 3, AGO.plusHours(1));
    report();
    ObjectNode rule = rule("errors", "<", "1").put("enabled", false).put("no_data", "ok");
    String rulePath = "/v1/alerts/rules/" + create(rule);
    Eventually.holds(
        "nothing happened",
        PATIENCE,
        () -> preview(rulePath).at("/series/0/outcome").asText().equals("no_data"));
    admin.patch(rulePath, Api.JSON.createObjectNode().put("no_data", "alert"));
    assertThat(preview(rulePath).at("/series/0/outcome").asText()).isEqualTo("no_data_holds");
    calls("silent", "gpt-4o", 3, AGO);
    report();
    Eventually.holds(
        "something happened, without errors",
        PATIENCE,
        () -> preview(rulePath).at("/series/0/outcome").asText().equals("holds"));
    assertThat(admin.delete(rulePath).status()).isEqualTo(204);
  }

  @Test
  void rulesAreListedAndWhatIsWrongIsRefused() throws Exception {
    String first = create(rule("cost_usd", ">", "1").put("enabled", false));
    JsonNode shown = admin.get("/v1/alerts/rules/" + first).json();
    assertThat(shown.path("threshold").asText()).isEqualTo("1");
    assertThat(shown.path("window").asText()).isEqualTo("1h");
    assertThat(shown.path("for").asText()).isEqualTo("0m");
    assertThat(shown.path("no_data").asText()).isEqualTo("zero");
    assertThat(admin.get("/v1/alerts/rules?limit=1").json().path("rules")).hasSize(1);
    Api.Answer refused =
        admin.post("/v1/alerts/rules", rule("cost_usd", ">", "1").put("window", "90s"));
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.json().path("field").asText()).isEqualTo("window");
    assertThat(product.ingest().get("/v1/alerts/rules").code()).isEqualTo("forbidden");
    assertThat(admin.delete("/v1/alerts/rules/" + first).status()).isEqualTo(204);
    assertThat(admin.delete("/v1/alerts/rules/" + first).code()).isEqualTo("not_found");
  }

  /** What an hour usually amounts to: $1 of the crawler, $1 of the writer, and some cents. */
  private void usual(Duration earlier) {
    calls("crawler", "gpt-4o", 4, AGO.plus(earlier));
    calls("crawler", "gpt-4o-mini", 5, AGO.plus(earlier));
    calls("writer", "gpt-4o", 4, AGO.plus(earlier));
    calls("writer", "gpt-4o-mini", 5, AGO.plus(earlier));
  }

  private List<ObjectNode> calls(String agent, String model, int count, Duration ago) {
    String time = Instant.now().truncatedTo(ChronoUnit.MILLIS).minus(ago).toString();
    List<ObjectNode> calls = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      calls.add(
          Events.call(UUID.randomUUID().toString(), "openai", model, time, TOKENS, 0)
              .put("agent", agent + "-" + id)
              .put("environment", id)
              .put("user", agent + "-" + id + "@example.com"));
    }
    events.addAll(calls);
    return calls;
  }

  private void report() throws IOException {
    assertThat(product.ingest().report(events).accepted()).isEqualTo(events.size());
    events.clear();
  }

  private ObjectNode rule(String measure, String operator, String threshold) {
    ObjectNode rule =
        Api.JSON
            .createObjectNode()
            .put("name", id)
            .put("measure", measure)
            .put("window", "1h")
            .put("operator", operator);
    if (threshold != null) {
      rule.put("threshold", threshold);
    }
    rule.putObject("filters").putArray("environment").add(id);
    return rule;
  }

  private String create(ObjectNode rule) throws IOException {
    Api.Answer created = admin.post("/v1/alerts/rules", rule);
    assertThat(created.status()).as(created.text()).isEqualTo(201);
    return created.json().path("id").asText();
  }

  private JsonNode preview(String rulePath) throws IOException {
    Api.Answer answer = admin.post(rulePath + "/preview", Api.JSON.createObjectNode());
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.json();
  }

  private static JsonNode series(JsonNode preview, String name) {
    for (JsonNode series : preview.path("series")) {
      if (series.path("series").asText().equals(name)) {
        return series;
      }
    }
    throw new AssertionError("not in the preview: " + name + ", but " + preview);
  }

  private String channel(Webhooks webhooks) throws IOException {
    ObjectNode channel =
        Api.JSON
            .createObjectNode()
            .put("name", "rules-" + id)
            .put("type", "webhook")
            .put("url", webhooks.url());
    Api.Answer created = admin.post("/v1/alerts/channels", channel);
    assertThat(created.status()).as(created.text()).isEqualTo(201);
    return created.json().path("id").asText();
  }
}
