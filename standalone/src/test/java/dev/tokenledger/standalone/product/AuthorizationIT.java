package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.http.HttpRequest.BodyPublishers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Spending is stopped before it happens. */
@ExtendWith(Product.class)
class AuthorizationIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String AUTHORIZE = "/v1/budgets/authorize";

  private final TokenLedgerProcess product;
  private final Api admin;
  private final Api ingest;
  private final String agent = "agent-" + UUID.randomUUID();

  AuthorizationIT(TokenLedgerProcess product) {
    this.product = product;
    this.admin = product.admin();
    this.ingest = product.ingest();
  }

  @Test
  void callersTogetherGetWhatIsLeftAndNotMore() throws Exception {
    JsonNode budget = budget(hardStop("1.00"));
    ExecutorService callers = Executors.newFixedThreadPool(40);
    try {
      List<Callable<JsonNode>> calls = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        calls.add(() -> ask(reserving("0.03")));
      }
      int allowed = 0;
      for (Future<JsonNode> answer : callers.invokeAll(calls)) {
        JsonNode decision = answer.get();
        if (decision.path("decision").asText().equals("allow")) {
          allowed++;
          assertThat(decision.path("reservation_id").asText()).isNotEmpty();
        } else {
          assertThat(decision.path("reason").asText()).isEqualTo("budget_exceeded");
          assertThat(new BigDecimal(standing(decision).path("remaining_usd").asText()))
              .as("refused only when too little is left")
              .isLessThan(new BigDecimal("0.03"));
        }
      }
      assertThat(allowed).isEqualTo(33);
    } finally {
      callers.shutdownNow();
    }
    JsonNode status = status(budget);
    assertThat(status.path("reserved_usd").asText()).isEqualTo("0.990000000");
    assertThat(status.path("remaining_usd").asText()).isEqualTo("0.010000000");
  }

  @Test
  void aReportedCallTakesThePlaceOfItsReservation() throws Exception {
    JsonNode budget = budget(hardStop("1.00"));
    JsonNode byId = ask(reserving("0.50"));
    String trace = UUID.randomUUID().toString().replace("-", "");
    JsonNode bySpan =
        ask(reserving("0.40").put("trace_id", trace).put("span_id", "00f067aa0ba902b7"));
    assertThat(bySpan.path("decision").asText()).isEqualTo("allow");
    assertThat(ask(reserving("0.20")).path("decision").asText()).isEqualTo("deny");

    // 4,000 tokens of input at 2,500 nano-dollars each.
    report(call(4_000).put("reservation_id", byId.path("reservation_id").asText()));
    report(call(4_000).put("trace_id", trace).put("span_id", "00f067aa0ba902b7"));

    Eventually.holds(
        "both reservations are settled",
        PATIENCE,
        () -> status(budget).path("reserved_usd").asText().equals("0.000000000"));
    JsonNode status = status(budget);
    assertThat(status.path("spent_usd").asText()).isEqualTo("0.020000000");
    assertThat(status.path("remaining_usd").asText()).isEqualTo("0.980000000");
    JsonNode next = ask(reserving("0.98"));
    assertThat(next.path("decision").asText()).isEqualTo("allow");
    assertThat(standing(next).path("remaining_usd").asText()).isEqualTo("0.000000000");
  }

  @Test
  void whatIsNeverReportedEndsWithItsLease() throws Exception {
    JsonNode budget = budget(hardStop("1.00"));
    String id = ask(reserving("1.00").put("lease_seconds", 1)).path("reservation_id").asText();
    assertThat(ask(reserving("0.01")).path("decision").asText()).isEqualTo("deny");
    Eventually.holds(
        "the lease ends",
        PATIENCE,
        () -> ask(reserving("0.01")).path("decision").asText().equals("allow"));
    Eventually.holds("nothing is left of it", PATIENCE, () -> rows(id) == 0);
    assertThat(status(budget).path("reserved_usd").asText()).isEqualTo("0.010000000");
  }

  @Test
  void leasesThatEndTogetherGiveBackTheirSumToTheNanoDollar() throws Exception {
    // More than the 53 bits to which a script in Redis adds up.
    JsonNode budget = budget(hardStop("50000000.00"));
    for (int i = 1; i <= 25; i++) {
      ask(reserving("999999.00000000" + i % 10).put("lease_seconds", 2));
    }
    assertThat(standing(ask(reserving("1000000"))).path("reserved_usd").asText())
        .isEqualTo("25999975.000000105");
    Eventually.holds(
        "the leases end",
        PATIENCE,
        () ->
            standing(ask(subject().put("estimated_cost_usd", "0")))
                .path("reserved_usd")
                .asText()
                .equals("1000000.000000000"));
    JsonNode left = standing(ask(subject().put("estimated_cost_usd", "0")));
    assertThat(left.path("remaining_usd").asText()).isEqualTo("49000000.000000000");
    assertThat(status(budget).path("reserved_usd").asText()).isEqualTo("1000000.000000000");
  }

  @Test
  void whatRedisForgetsIsMadeAnewFromWhatIsKept() throws Exception {
    JsonNode budget = budget(hardStop("1.00"));
    report(call(40_000));
    Eventually.holds(
        "it is spent",
        PATIENCE,
        () -> status(budget).path("spent_usd").asText().equals("0.100000000"));
    ask(reserving("0.70"));
    product.guardRedis().forget("tl:{guard:*");
    JsonNode tooMuch = ask(reserving("0.21"));
    assertThat(tooMuch.path("decision").asText()).isEqualTo("deny");
    assertThat(standing(tooMuch).path("remaining_usd").asText()).isEqualTo("0.200000000");
    assertThat(ask(reserving("0.20")).path("decision").asText()).isEqualTo("allow");
  }

  @Test
  void whatRedisFindsInAnOldFileIsNotBelieved() throws Exception {
    budget(hardStop("1.00"));
    assertThat(ask(reserving("0.40")).path("decision").asText()).isEqualTo("allow");
    product.guardRedis().save();
    assertThat(ask(reserving("0.40")).path("decision").asText()).isEqualTo("allow");
    assertThat(product.killGuardRedis()).isTrue();
    Eventually.holds(
        "it decides again",
        PATIENCE,
        () -> !ask(subject().put("estimated_cost_usd", "0.01")).path("degraded").asBoolean());
    JsonNode tooMuch = ask(reserving("0.21"));
    assertThat(tooMuch.path("decision").asText()).isEqualTo("deny");
    assertThat(standing(tooMuch).path("remaining_usd").asText()).isEqualTo("0.200000000");
    assertThat(ask(reserving("0.20")).path("decision").asText()).isEqualTo("allow");
  }

  @Test
  void aBudgetThatIsChangedHoldsFromTheNextCallOn() throws Exception {
    JsonNode budget = budget(hardStop("1.00"));
    assertThat(ask(reserving("0.60")).path("decision").asText()).isEqualTo("allow");
    String path = "/v1/budgets/" + budget.path("id").asText();
    assertThat(
            admin
                .send(
                    path,
                    "PATCH",
                    BodyPublishers.ofString("{\"amount_usd\":\"0.50\"}"),
                    "Content-Type",
                    "application/json")
                .status())
        .isEqualTo(200);
    JsonNode over = ask(reserving("0.01"));
    assertThat(over.path("decision").asText()).isEqualTo("deny");
    assertThat(standing(over).path("remaining_usd").asText()).isEqualTo("-0.100000000");
    assertThat(admin.delete(path).status()).isEqualTo(204);
    assertThat(ask(reserving("5.00")).path("decision").asText()).isEqualTo("allow");
  }

  @Test
  void allBudgetsOfACallAreTakenFromOrNone() throws Exception {
    String feature = "feature-" + UUID.randomUUID();
    JsonNode narrow = budget(hardStop("0.10"));
    ObjectNode wide = hardStop("1.00");
    wide.putObject("scope").put("feature", feature);
    JsonNode broad = budget(wide);
    JsonNode refused = ask(reserving("0.50").put("feature", feature));
    assertThat(refused.path("decision").asText()).isEqualTo("deny");
    assertThat(refused.path("budgets")).hasSize(2);
    assertThat(status(broad).path("reserved_usd").asText()).isEqualTo("0.000000000");
    assertThat(ask(reserving("0.05").put("feature", feature)).path("decision").asText())
        .isEqualTo("allow");
    assertThat(status(broad).path("reserved_usd").asText()).isEqualTo("0.050000000");
    assertThat(status(narrow).path("reserved_usd").asText()).isEqualTo("0.050000000");
  }

  @Test
  void anEstimateIsMadeOfModelAndTokens() throws Exception {
    budget(hardStop("1.00"));
    JsonNode decision =
        ask(
            subject()
                .put("provider", "openai")
                .put("model", "gpt-4o")
                .put("max_input_tokens", 1_000)
                .put("max_output_tokens", 200)
                .put("reserve", true));
    assertThat(decision.path("estimated_cost_usd").asText()).isEqualTo("0.004500000");
    assertThat(standing(decision).path("reserved_usd").asText()).isEqualTo("0.004500000");
  }

  @Test
  void aModelWithoutPriceFollowsTheBudget() throws Exception {
    ObjectNode question = subject().put("model", "nobody-knows-it").put("max_input_tokens", 10);
    ObjectNode denying = hardStop("1.00").put("unpriced", "deny");
    JsonNode budget = budget(denying);
    JsonNode denied = ask(question);
    assertThat(denied.path("reason").asText()).isEqualTo("unpriced_model");
    assertThat(admin.delete("/v1/budgets/" + budget.path("id").asText()).status()).isEqualTo(204);

    budget(hardStop("1.00").put("unpriced", "assume").put("assumed_usd_per_call", "0.60"));
    assertThat(ask(question.deepCopy().put("reserve", true)).path("decision").asText())
        .isEqualTo("allow");
    assertThat(ask(question.deepCopy().put("reserve", true)).path("decision").asText())
        .isEqualTo("deny");
  }

  @Test
  void aCallThatCostsNothingIsNeverRefused() throws Exception {
    budget(hardStop("0.01"));
    ask(reserving("0.01"));
    String model = "free-" + UUID.randomUUID();
    Api.Answer price =
        admin.post(
            "/v1/prices",
            Api.JSON.readTree(
                "{\"provider\":\"own\",\"model\":\""
                    + model
                    + "\",\"input_usd_per_million_tokens\":\"0\","
                    + "\"output_usd_per_million_tokens\":\"0\"}"));
    assertThat(price.status()).as(price.text()).isLessThan(300);
    Eventually.holds(
        "the price is known",
        PATIENCE,
        () ->
            ask(subject().put("provider", "own").put("model", model).put("max_input_tokens", 5))
                .path("decision")
                .asText()
                .equals("allow"));
    assertThat(
            ask(subject()
                    .put("provider", "openai")
                    .put("model", "gpt-4o")
                    .put("max_input_tokens", 5))
                .path("decision")
                .asText())
        .isEqualTo("deny");
  }

  @Test
  void aLoopIsStoppedAndTheBoundIsNamed() throws Exception {
    ObjectNode guard = Api.JSON.createObjectNode().put("name", "crawler").put("per", "session");
    guard.putObject("scope").put("agent", agent);
    guard.put("max_calls", 5).put("max_depth", 3).put("max_repeated_tool_calls", 2);
    guard.put("max_cost_usd", "1.00");
    Api.Answer created = admin.post("/v1/budgets/loop-guards", guard);
    assertThat(created.status()).as(created.text()).isEqualTo(201);

    assertThat(bound(inSession("calls"), 5)).isNull();
    assertThat(bound(inSession("calls"), 1)).isEqualTo("max_calls");
    assertThat(bound(inSession("depth").put("depth", 3), 1)).isNull();
    assertThat(bound(inSession("depth").put("depth", 4), 1)).isEqualTo("max_depth");
    ObjectNode fetch = inSession("tool").put("tool", "fetch").put("tool_arguments_hash", "a");
    assertThat(bound(fetch, 2)).isNull();
    assertThat(bound(fetch, 1)).isEqualTo("max_repeated_tool_calls");
    assertThat(bound(fetch.deepCopy().put("tool_arguments_hash", "b"), 1)).isNull();
    assertThat(bound(inSession("cost").put("estimated_cost_usd", "0.60"), 1)).isNull();
    assertThat(bound(inSession("cost").put("estimated_cost_usd", "0.60"), 1))
        .isEqualTo("max_cost_usd");
  }

  @Test
  void aGatewayAsksWithHeaders() throws Exception {
    budget(hardStop("0.10"));
    String[] headers = {
      "x-tokenledger-agent", agent,
      "x-tokenledger-model", "gpt-4o",
      "x-tokenledger-estimated-cost-usd", "0.08"
    };
    String path = AUTHORIZE + "/gateway";
    Api.Answer passes = ingest.send(path, "GET", BodyPublishers.noBody(), headers);
    assertThat(passes.status()).isEqualTo(204);
    Api.Answer stopped =
        ingest.send(path + "/v1/chat/completions", "POST", BodyPublishers.ofString("{}"), headers);
    assertThat(stopped.status()).isEqualTo(403);
    assertThat(stopped.code()).isEqualTo("budget_exceeded");
    assertThat(stopped.detail()).contains("$0.02 of $0.10 left");
  }

  @Test
  void whileRedisDoesNotAnswerBudgetsSayWhatHappens() throws Exception {
    budget(hardStop("1.00"));
    String careless = "careless-" + UUID.randomUUID();
    ObjectNode allowing = hardStop("1.00").put("when_unavailable", "allow");
    allowing.putObject("scope").put("agent", careless);
    budget(allowing);
    ask(reserving("0.01"));
    ask(reserving("0.01").put("agent", careless));
    product.guardRedis().pause(Duration.ofSeconds(6));
    JsonNode denied = ask(reserving("0.01"));
    assertThat(denied.path("reason").asText()).isEqualTo("guard_unavailable");
    assertThat(denied.path("degraded").asBoolean()).isTrue();
    JsonNode allowed = ask(reserving("0.01").put("agent", careless));
    assertThat(allowed.path("decision").asText()).isEqualTo("allow");
    assertThat(allowed.path("degraded").asBoolean()).isTrue();
    assertThat(allowed.path("reservation_id").isNull()).isTrue();
    Eventually.holds(
        "it decides again by itself",
        PATIENCE,
        () -> !ask(reserving("0.01")).path("degraded").asBoolean());
  }

  @Test
  void mistakesAreNamed() throws Exception {
    assertThat(ingest.post(AUTHORIZE, subject().put("estimated_cost_usd", "much")).code())
        .isEqualTo("invalid_field");
    assertThat(ingest.post(AUTHORIZE, subject().put("max_input_tokens", -1)).code())
        .isEqualTo("invalid_field");
    assertThat(ingest.post(AUTHORIZE, subject().put("lease_seconds", 0)).code())
        .isEqualTo("invalid_field");
    assertThat(ingest.post(AUTHORIZE, subject().put("project", "somebody-elses")).code())
        .isEqualTo("forbidden");
    assertThat(product.api("").post(AUTHORIZE, subject()).status()).isEqualTo(401);
  }

  private ObjectNode inSession(String session) {
    return subject().put("session", agent + "-" + session);
  }

  /** Asks some times; the bound that the last answer names, or null when all were allowed. */
  private String bound(ObjectNode question, int times) throws IOException {
    JsonNode answer = null;
    for (int i = 0; i < times; i++) {
      answer = ask(question);
    }
    JsonNode bound = answer.path("bound");
    if (bound.isNull() || bound.isMissingNode()) {
      assertThat(answer.path("decision").asText()).isEqualTo("allow");
      return null;
    }
    assertThat(answer.path("reason").asText()).isEqualTo("loop_bound_met");
    assertThat(bound.path("name").asText()).isEqualTo("crawler");
    return bound.path("bound").asText();
  }

  private ObjectNode subject() {
    return Api.JSON.createObjectNode().put("agent", agent);
  }

  private ObjectNode reserving(String usd) {
    return subject().put("estimated_cost_usd", usd).put("reserve", true);
  }

  private ObjectNode hardStop(String usd) {
    ObjectNode budget =
        Api.JSON
            .createObjectNode()
            .put("name", "guard")
            .put("amount_usd", usd)
            .put("period", "rolling")
            .put("rolling_days", 2)
            .put("type", "hard_stop");
    budget.putObject("scope").put("agent", agent);
    return budget;
  }

  private JsonNode budget(ObjectNode body) throws IOException {
    Api.Answer created = admin.post("/v1/budgets", body);
    assertThat(created.status()).as(created.text()).isEqualTo(201);
    return created.json();
  }

  private JsonNode ask(ObjectNode question) throws IOException {
    Api.Answer answer = ingest.post(AUTHORIZE, question);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.json();
  }

  private JsonNode standing(JsonNode decision) {
    return decision.path("budgets").get(0);
  }

  private JsonNode status(JsonNode budget) throws IOException {
    Api.Answer answer = admin.get("/v1/budgets/" + budget.path("id").asText() + "/status");
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.json();
  }

  private ObjectNode call(long inputTokens) {
    return Events.call(
            UUID.randomUUID().toString(),
            "openai",
            "gpt-4o",
            Instant.now().toString(),
            inputTokens,
            0)
        .put("agent", agent);
  }

  private void report(ObjectNode call) throws IOException {
    assertThat(ingest.report(call).accepted()).isEqualTo(1);
  }

  private int rows(String reservation) throws Exception {
    try (Connection connection = product.database();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT count(*) FROM alerting.reservations WHERE reservation_id = '"
                    + UUID.fromString(reservation)
                    + "'")) {
      row.next();
      return row.getInt(1);
    }
  }
}
