package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is reported is told apart, and bounded, by the key it came by. */
@ExtendWith(Product.class)
class ApiKeyDimensionIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String AUTHORIZE = "/v1/budgets/authorize";

  private final TokenLedgerProcess product;
  private final Api admin;
  private final String project;
  private final Projects.Key one;
  private final Projects.Key other;

  ApiKeyDimensionIT(TokenLedgerProcess product) throws IOException {
    this.product = product;
    this.admin = product.admin();
    this.project = Projects.create(product, "keys").name();
    this.one = key("ingest");
    this.other = key("ingest");
  }

  @Test
  void whatTwoKeysReportIsSplitExactly() throws Exception {
    report(one, call("a").put("agent", "x"), call("b"));
    report(other, call("c").put("agent", "x"));
    Api.Answer trace = other.caller().post("/v1/traces", span());
    assertThat(trace.status()).as(trace.text()).isEqualTo(200);
    product.ledger().awaitSettled();

    assertThat(calls(Map.of(), "api_key"))
        .isEqualTo(Map.of(List.of(one.id()), 2L, List.of(other.id()), 2L));
    assertThat(query(Map.of(), "api_key").path("cuboid").asText()).isEqualTo("by_api_key");
    assertThat(calls(Map.of("api_key", one.id()))).isEqualTo(Map.of(List.of(), 2L));
    assertThat(calls(Map.of("api_key", other.id()), "model"))
        .isEqualTo(Map.of(List.of("gpt-4o"), 2L));
    // No rollup has agents by key: this is read from the events.
    assertThat(calls(Map.of("agent", "x"), "api_key"))
        .isEqualTo(Map.of(List.of(one.id()), 1L, List.of(other.id()), 1L));
    assertThat(calls(Map.of("api_key", "nobody"))).isEmpty();
    new LedgerProof(product).holds();
  }

  @Test
  void anEventThatIsSentAgainKeepsItsKeyAndOneThatIsUpdatedHasThatOfTheUpdate() throws Exception {
    report(one, call("a"), call("b"));
    product.ledger().awaitSettled();
    report(other, call("a"));
    report(other, call("b").put("amends", true).put("feature", "f"));
    product.ledger().awaitSettled();
    assertThat(calls(Map.of(), "api_key"))
        .isEqualTo(Map.of(List.of(one.id()), 1L, List.of(other.id()), 1L));
    new LedgerProof(product).holds();
  }

  @Test
  void aCallThatIsPricedLaterCostsItsKey() throws Exception {
    String model = "priced-later-" + UUID.randomUUID();
    report(one, call("a").put("model", model).put("provider", "own"));
    report(other, call("b"));
    product.ledger().awaitSettled();
    assertThat(cost(one)).isEqualTo("0.000000000");
    ObjectNode price =
        Api.JSON
            .createObjectNode()
            .put("provider", "own")
            .put("model", model)
            .put("input_usd_per_million_tokens", "5")
            .put("output_usd_per_million_tokens", "5")
            .put("from", Instant.now().minus(Duration.ofDays(1)).toString());
    Api.Answer made = admin.post("/v1/prices", price);
    assertThat(made.status()).as(made.text()).isLessThan(300);
    ObjectNode repricing =
        Api.JSON
            .createObjectNode()
            .put("start", Instant.now().minus(Duration.ofHours(2)).toString())
            .put("end", Instant.now().plus(Duration.ofHours(1)).toString())
            .put("model", model);
    Api.Answer asked = admin.post("/v1/ledger/repricings", repricing);
    assertThat(asked.status()).as(asked.text()).isLessThan(300);
    Eventually.holds("the call is priced", PATIENCE, () -> cost(one).equals("0.005000000"));
    assertThat(cost(other)).isEqualTo("0.002500000");
    new LedgerProof(product).holds();
  }

  @Test
  void aHardStopOnOneKeyRefusesThatKeyAndNotTheOther() throws Exception {
    JsonNode budget = budget(one.id(), "0.004");
    assertThat(decision(ask(one, question()))).isEqualTo("allow");
    report(one, call("a"), call("b"));
    report(other, call("c"), call("d"), call("e"));
    String path = "/v1/budgets/" + budget.path("id").asText() + "/status";
    Eventually.holds(
        "it is spent",
        PATIENCE,
        () -> admin.get(path).json().path("spent_usd").asText().equals("0.005000000"));
    Eventually.holds(
        "the key is refused", PATIENCE, () -> decision(ask(one, question())).equals("deny"));
    JsonNode refused = ask(one, question());
    assertThat(refused.path("reason").asText()).isEqualTo("budget_exceeded");
    assertThat(refused.path("budgets")).hasSize(1);
    JsonNode allowed = ask(other, question());
    assertThat(decision(allowed)).isEqualTo("allow");
    assertThat(allowed.path("budgets")).isEmpty();

    assertThat(gateway(one).code()).isEqualTo("budget_exceeded");
    assertThat(gateway(other).status()).isEqualTo(204);
  }

  @Test
  void onlyAnAdminAsksForAnotherKey() throws Exception {
    budget(one.id(), "0.01");
    String tooMuch = "0.02";
    assertThat(decision(ask(one, question().put("estimated_cost_usd", tooMuch)))).isEqualTo("deny");
    ObjectNode named = question().put("estimated_cost_usd", tooMuch).put("api_key", one.id());
    assertThat(decision(ask(one, named))).as("its own").isEqualTo("deny");
    Api.Answer forbidden = other.caller().post(AUTHORIZE, named);
    assertThat(forbidden.code()).isEqualTo("forbidden");
    assertThat(gateway(other, "x-tokenledger-api-key", one.id()).code()).isEqualTo("forbidden");

    Projects.Key boss = key("admin");
    assertThat(decision(ask(boss, question().put("estimated_cost_usd", tooMuch))))
        .as("without a name it asks for itself")
        .isEqualTo("allow");
    assertThat(decision(ask(boss, named))).isEqualTo("deny");
    assertThat(
            gateway(
                    boss,
                    "x-tokenledger-api-key",
                    one.id(),
                    "x-tokenledger-estimated-cost-usd",
                    tooMuch)
                .status())
        .isEqualTo(403);
    assertThat(decision(ask(boss, named.deepCopy().put("api_key", key("ingest").id()))))
        .as("a key made a moment ago")
        .isEqualTo("allow");
    assertUnknown(
        boss.caller().post(AUTHORIZE, named.deepCopy().put("api_key", "nobody")), "api_key");
  }

  @Test
  void aLoopGuardCountsTheCallsOfItsKey() throws Exception {
    ObjectNode guard = Api.JSON.createObjectNode().put("name", "loop").put("per", "session");
    guard.put("max_calls", 1).putObject("scope").put("api_key", one.id());
    Api.Answer created = admin.post("/v1/budgets/loop-guards", guard);
    assertThat(created.status()).as(created.text()).isEqualTo(201);
    ObjectNode question = question().put("session", UUID.randomUUID().toString());
    assertThat(decision(ask(one, question))).isEqualTo("allow");
    assertThat(ask(one, question).path("reason").asText()).isEqualTo("loop_bound_met");
    assertThat(decision(ask(other, question))).isEqualTo("allow");
  }

  @Test
  void aKeyThatIsNotTheTenantsIsAMistakeInScopesAndFilters() throws Exception {
    String secret = other.caller().key();
    ObjectNode budget = budgetBody(secret, "1.00");
    Api.Answer refused = admin.post("/v1/budgets", budget);
    assertUnknown(refused, "scope");
    assertThat(refused.text()).doesNotContain(secret.substring(secret.lastIndexOf('_') + 1));
    assertUnknown(admin.post("/v1/budgets", budgetBody("key of a test", "1.00")), "scope");

    ObjectNode guard = Api.JSON.createObjectNode().put("name", "loop").put("per", "session");
    guard.put("max_calls", 1).putObject("scope").put("api_key", "nobody");
    assertUnknown(admin.post("/v1/budgets/loop-guards", guard), "scope");

    ObjectNode rule =
        Api.JSON
            .createObjectNode()
            .put("name", "rule")
            .put("measure", "cost_usd")
            .put("window", "1h")
            .put("operator", ">")
            .put("threshold", "1");
    rule.putObject("filters").putArray("api_key").add(one.id()).add("nobody");
    assertUnknown(admin.post("/v1/alerts/rules", rule), "filters");
    rule.putObject("filters").putArray("api_key").add(one.id()).add("(none)");
    Api.Answer created = admin.post("/v1/alerts/rules", rule);
    assertThat(created.status()).as(created.text()).isEqualTo(201);
    String path = "/v1/alerts/rules/" + created.json().path("id").asText();
    ObjectNode change = Api.JSON.createObjectNode();
    change.putObject("filters").putArray("api_key").add("nobody");
    assertUnknown(admin.patch(path, change), "filters");
    assertThat(admin.delete(path).status()).isEqualTo(204);
  }

  private static void assertUnknown(Api.Answer answer, String field) {
    assertThat(answer.code()).as(answer.text()).isEqualTo("invalid_field");
    assertThat(answer.json().path("field").asText()).isEqualTo(field);
    assertThat(answer.detail()).startsWith("There is no API key '").contains("GET /v1/keys");
  }

  private Projects.Key key(String scope) throws IOException {
    return Projects.key(product, project, scope);
  }

  /** A call of 1,000 tokens, which cost $0.0025. */
  private ObjectNode call(String id) {
    return Events.call(project + "-" + id, "openai", "gpt-4o", Instant.now().toString(), 1_000, 0);
  }

  private static void report(Projects.Key key, ObjectNode... events) throws IOException {
    Api.Answer answer = key.caller().report(events);
    assertThat(answer.accepted()).as(answer.text()).isEqualTo(events.length);
  }

  private static JsonNode span() throws IOException {
    String id = UUID.randomUUID().toString().replace("-", "");
    long start = Instant.now().minusSeconds(1).getEpochSecond();
    return Api.JSON.readTree(
        """
        {"resourceSpans": [{"scopeSpans": [{"spans": [{
          "traceId": "%s", "spanId": "%s", "name": "chat gpt-4o", "kind": 3,
          "startTimeUnixNano": "%d000000000", "endTimeUnixNano": "%d500000000",
          "attributes": [
            {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
            {"key": "gen_ai.system", "value": {"stringValue": "openai"}},
            {"key": "gen_ai.request.model", "value": {"stringValue": "gpt-4o"}},
            {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "1000"}}]}]}]}]}"""
            .formatted(id, id.substring(16), start, start));
  }

  private ObjectNode question() {
    return Api.JSON.createObjectNode().put("model", "gpt-4o").put("max_input_tokens", 1_000);
  }

  private static JsonNode ask(Projects.Key key, ObjectNode question) throws IOException {
    Api.Answer answer = key.caller().post(AUTHORIZE, question);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.json();
  }

  private static String decision(JsonNode answer) {
    return answer.path("decision").asText();
  }

  private static Api.Answer gateway(Projects.Key key, String... headers) throws IOException {
    String[] all = new String[headers.length + 2];
    all[0] = "x-tokenledger-model";
    all[1] = "gpt-4o";
    System.arraycopy(headers, 0, all, 2, headers.length);
    return key.caller().send(AUTHORIZE + "/gateway", "GET", BodyPublishers.noBody(), all);
  }

  private static ObjectNode budgetBody(String key, String usd) {
    ObjectNode budget =
        Api.JSON
            .createObjectNode()
            .put("name", "one key")
            .put("amount_usd", usd)
            .put("period", "rolling")
            .put("rolling_days", 2)
            .put("type", "hard_stop");
    budget.putObject("scope").put("api_key", key);
    return budget;
  }

  private JsonNode budget(String key, String usd) throws IOException {
    Api.Answer created = admin.post("/v1/budgets", budgetBody(key, usd));
    assertThat(created.status()).as(created.text()).isEqualTo(201);
    return created.json();
  }

  private String cost(Projects.Key key) throws IOException {
    return query(Map.of("api_key", key.id())).path("rows").path(0).path("cost_usd").asText();
  }

  /** Calls of the project's last day by the values of dimensions. */
  private Map<List<String>, Long> calls(Map<String, String> filters, String... dimensions)
      throws IOException {
    Map<List<String>, Long> calls = new HashMap<>();
    for (JsonNode row : query(filters, dimensions).path("rows")) {
      if (row.path("model_calls").asLong() != 0) {
        calls.put(
            List.of(dimensions).stream().map(dimension -> row.path(dimension).asText()).toList(),
            row.path("model_calls").asLong());
      }
    }
    return calls;
  }

  private JsonNode query(Map<String, String> filters, String... dimensions) throws IOException {
    ObjectNode query = Api.JSON.createObjectNode().put("period", "24h");
    query.putArray("measures").add("model_calls").add("cost_usd");
    List.of(dimensions).forEach(query.putArray("dimensions")::add);
    ObjectNode all = query.putObject("filters");
    all.putArray("project").add(project);
    filters.forEach((dimension, value) -> all.putArray(dimension).add(value));
    Api.Answer answer = admin.post("/v1/analytics/query", query);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.json();
  }
}
