package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The way of an event from its sender to a webhook, the same in every shape in which the product
 * runs. Nobody else uses the installation.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
abstract class EndToEnd<I extends Installation> {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int MEBIBYTE = 1024 * 1024;

  final I product;
  private final Ledger ledger;

  EndToEnd(I product) {
    this.product = product;
    this.ledger = product.ledger();
  }

  @AfterAll
  void stop() throws Exception {
    product.close();
  }

  @Test
  @Order(1)
  void eventsComeInNativelyAndByOtlpAndTheLedgerAgrees() throws Exception {
    Ledger.Totals before = ledger.settled();
    assertThat(product.ingest().report(call(1_000, 100), call(2_000, 200)).accepted()).isEqualTo(2);
    Api.Answer otlp = product.ingest().post("/v1/traces", trace(500, 50));
    assertThat(otlp.status()).as(otlp.text()).isEqualTo(200);
    // 3,500 tokens at $2.50 and 350 at $10 a million.
    assertThat(ledger.settled().minus(before))
        .isEqualTo(new Ledger.Totals(3, 3, 3, 3_500, 350, 12_250_000, 0));
    new LedgerProof(product).holds();
  }

  @Test
  @Order(2)
  void queryAndOverviewTellWhatTheLedgerHolds() throws Exception {
    Ledger.Totals totals = ledger.settled();
    ObjectNode query = Api.JSON.createObjectNode().put("period", "24h");
    query.putArray("measures").add("model_calls").add("input_tokens").add("cost_usd");
    JsonNode row = product.admin().post("/v1/analytics/query", query).json().path("rows").path(0);
    assertThat(row.path("model_calls").asLong()).isEqualTo(totals.modelCalls()).isPositive();
    assertThat(row.path("input_tokens").asLong()).isEqualTo(totals.inputTokens());
    assertThat(new BigDecimal(row.path("cost_usd").asText()).movePointRight(9).longValueExact())
        .isEqualTo(totals.costNanos());
    JsonNode overview =
        product.admin().get("/v1/analytics/overview?period=24h").json().path("totals");
    assertThat(overview.path("model_calls").asLong()).isEqualTo(totals.modelCalls());
    assertThat(overview.path("output_tokens").asLong()).isEqualTo(totals.outputTokens());
  }

  @Test
  @Order(3)
  void aBudgetThatIsUsedUpIsToldOnce() throws Exception {
    try (Webhooks webhooks = new Webhooks()) {
      ObjectNode channel =
          Api.JSON
              .createObjectNode()
              .put("name", "end-to-end")
              .put("type", "webhook")
              .put("url", webhooks.url());
      assertThat(product.admin().post("/v1/alerts/channels", channel).status()).isEqualTo(201);
      ObjectNode budget =
          Api.JSON
              .createObjectNode()
              .put("name", "end-to-end")
              .put("amount_usd", "0.01")
              .put("period", "monthly");
      budget.putObject("scope").put("agent", "spender");
      budget.putArray("thresholds").add(100);
      Api.Answer created = product.admin().post("/v1/budgets", budget);
      assertThat(created.status()).as(created.text()).isEqualTo(201);
      spend();
      Eventually.holds("a webhook comes", PATIENCE, () -> !webhooks.received().isEmpty());
      spend();
      String status = "/v1/budgets/" + created.json().path("id").asText() + "/status";
      Eventually.holds(
          "both calls are counted",
          PATIENCE,
          () -> product.admin().get(status).json().path("spent_usd").asText().startsWith("0.0210"));
      assertThat(webhooks.received()).hasSize(1);
      assertThat(webhooks.received().values().iterator().next().at("/data/threshold").asInt())
          .isEqualTo(100);
    }
  }

  /** 4,200 tokens of gpt-4o: $0.0105. */
  private void spend() throws IOException {
    ObjectNode call =
        Events.call(
            UUID.randomUUID().toString(), "openai", "gpt-4o", Instant.now().toString(), 4_200, 0);
    assertThat(product.ingest().report(call.put("agent", "spender")).accepted()).isEqualTo(1);
  }

  @Test
  @Order(4)
  void anotherTenantSeesNothingOfTheFirst() throws Exception {
    Api other;
    try (Connection connection = product.database()) {
      int tenant = Tenants.create(connection, "other-" + UUID.randomUUID());
      other = product.api(Tenants.key(connection, tenant, "admin", null));
    }
    Eventually.holds(
        "the other tenant's key is known everywhere",
        PATIENCE,
        () ->
            other.get("/v1/keys").status() == 200
                && other.get("/v1/ledger/reconciliation").status() == 200
                && other.get("/v1/budgets").status() == 200
                && other.get("/v1/analytics/overview?period=24h").status() == 200);
    assertThat(other.get("/v1/keys").json().path("keys")).hasSize(1);
    assertThat(other.get("/v1/budgets").json().path("budgets")).isEmpty();
    assertThat(
            other.get("/v1/ledger/reconciliation").json().path("stored").path("events").asLong(-1))
        .isZero();
    assertThat(
            other
                .get("/v1/analytics/overview?period=24h")
                .json()
                .path("totals")
                .path("model_calls")
                .asLong(-1))
        .isZero();
  }

  @Test
  @Order(5)
  void pagesAndDocumentsAreAtTheOneAddress() throws Exception {
    Api anybody = product.api("");
    for (String page : new String[] {"/", "/help/", "/api-docs/"}) {
      Api.Answer answer = anybody.get(page);
      assertThat(answer.status()).as(page).isEqualTo(200);
      assertThat(answer.type()).as(page).startsWith("text/html");
    }
    assertThat(anybody.get("/ui/app.js").type()).contains("javascript");
    assertThat(anybody.get("/openapi").type()).startsWith("application/yaml");
    JsonNode document = anybody.get("/openapi?format=json").json();
    assertThat(document.path("paths").fieldNames())
        .toIterable()
        .contains("/v1/events", "/v1/ledger/reconciliation", "/v1/budgets", "/v1/analytics/query");
    for (JsonNode schema : document.path("components").path("schemas")) {
      assertThat(schema.path("properties").fieldNames())
          .toIterable()
          .as("names are those of the JSON: %s", schema)
          .allMatch(name -> name.equals(name.toLowerCase(java.util.Locale.ROOT)));
    }
    assertThat(document.at("/components/schemas/BudgetView/properties").fieldNames())
        .toIterable()
        .contains("amount_usd", "rolling_days", "created_at");
  }

  @Test
  @Order(6)
  void refusalsComeAsProblems() throws Exception {
    assertThat(product.api("").get("/v1/keys").code()).isEqualTo("unauthenticated");
    assertThat(product.admin().get("/v1/nothing").code()).isEqualTo("not_found");
    assertThat(product.admin().method("PUT", "/v1/budgets").code()).isEqualTo("method_not_allowed");
    Api.Answer large =
        product.ingest().report(new byte[17 * MEBIBYTE], "Content-Type", "application/json");
    assertThat(large.status()).isEqualTo(413);
    assertThat(large.code()).isEqualTo("body_too_large");
  }

  @Test
  @Order(7)
  void aBodyOfSixteenMebibytesIsTaken() throws Exception {
    byte[] body = new byte[16 * MEBIBYTE];
    java.util.Arrays.fill(body, (byte) ' ');
    byte[] events = ("[" + call(10, 1) + "]").getBytes(java.nio.charset.StandardCharsets.UTF_8);
    System.arraycopy(events, 0, body, 0, events.length);
    assertThat(product.ingest().report(body, "Content-Type", "application/json").accepted())
        .isEqualTo(1);
    assertThat(product.ingest().reportChunked(body, "Content-Type", "application/json").accepted())
        .isEqualTo(1);
  }

  @Test
  @Order(8)
  void aStopAndCtrlCKeepEverything() throws Exception {
    keepsEverything(product::terminate);
    keepsEverything(product::interrupt);
    assertThat(product.output())
        .as("nobody dies before those who need him, and nobody is killed")
        .doesNotContain("has died", "has ended with", "does not end");
  }

  /** An end of the whole installation. */
  private interface End {
    void come() throws Exception;
  }

  private void keepsEverything(End end) throws Exception {
    assertThat(product.ingest().report(call(7, 3)).accepted()).isEqualTo(1);
    Ledger.Totals before = ledger.settled();
    String key = product.firstKey("TOKENLEDGER_ADMIN_KEY");
    end.come();
    product.startAgain();
    assertThat(product.firstKey("TOKENLEDGER_ADMIN_KEY")).isEqualTo(key);
    assertThat(ledger.settled()).isEqualTo(before);
    new LedgerProof(product).holds();
  }

  private static ObjectNode call(long inputTokens, long outputTokens) {
    return Events.call(UUID.randomUUID().toString(), inputTokens, outputTokens);
  }

  /** An OTLP request with one chat span of gpt-4o. */
  private static ObjectNode trace(long inputTokens, long outputTokens) {
    long end = Events.anHourAgo().toEpochMilli() * 1_000_000L;
    ObjectNode request = Api.JSON.createObjectNode();
    ObjectNode span =
        request
            .putArray("resourceSpans")
            .addObject()
            .putArray("scopeSpans")
            .addObject()
            .putArray("spans")
            .addObject()
            .put("traceId", UUID.randomUUID().toString().replace("-", ""))
            .put("spanId", UUID.randomUUID().toString().replace("-", "").substring(0, 16))
            .put("name", "chat gpt-4o")
            .put("startTimeUnixNano", Long.toString(end - 1_000_000_000L))
            .put("endTimeUnixNano", Long.toString(end));
    attribute(span, "gen_ai.operation.name", "stringValue", "chat");
    attribute(span, "gen_ai.provider.name", "stringValue", "openai");
    attribute(span, "gen_ai.request.model", "stringValue", "gpt-4o");
    attribute(span, "gen_ai.usage.input_tokens", "intValue", Long.toString(inputTokens));
    attribute(span, "gen_ai.usage.output_tokens", "intValue", Long.toString(outputTokens));
    return request;
  }

  private static void attribute(ObjectNode span, String key, String type, String value) {
    span.withArray("attributes").addObject().put("key", key).putObject("value").put(type, value);
  }
}
