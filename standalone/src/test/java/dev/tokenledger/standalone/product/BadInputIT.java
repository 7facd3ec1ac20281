package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** One bad event in a good batch: it alone is refused, with a code and a sentence that help. */
@ExtendWith(Product.class)
class BadInputIT {
  private static final String HUGE = "x".repeat(100_000);

  private final Api api;
  private final Ledger ledger;
  private Ledger.Totals before = Ledger.Totals.NOTHING;

  BadInputIT(TokenLedgerProcess product) {
    this.api = product.ingest();
    this.ledger = product.ledger();
  }

  @BeforeEach
  void remember() throws Exception {
    before = ledger.settled();
  }

  static Stream<Arguments> badEvents() {
    Instant now = Instant.now();
    return Stream.of(
        bad("tokens below zero", usage("-5"), "negative_value", "usage.input_tokens"),
        bad("tokens below any long", usage("-1" + "0".repeat(30)), "negative_value", "negative"),
        bad("tokens in exponent notation", usage("1e30"), "wrong_type", "integer"),
        bad("tokens beyond sense", usage("1000000000000000"), "value_too_large", "10000000000"),
        bad("tokens beyond a long", usage("9".repeat(40)), "value_too_large", "input_tokens"),
        bad("tokens as text", usage("\"12\""), "wrong_type", "must be an integer, not text"),
        bad("tokens with a fraction", usage("1.5"), "wrong_type", "must be an integer"),
        bad("tokens as an object", usage("{}"), "wrong_type", "not an object"),
        bad("usage as text", with("usage", "\"many\""), "wrong_type", "'usage' must be an object"),
        bad("usage as an array", with("usage", "[1,2]"), "wrong_type", "not an array"),
        bad("model as a number", with("model", "4"), "wrong_type", "'model' must be text"),
        bad("model as an object", with("model", "{\"a\":1}"), "wrong_type", "not an object"),
        bad("latency as text", with("latency_ms", "\"fast\""), "wrong_type", "milliseconds"),
        bad("latency below zero", with("latency_ms", "-1"), "negative_value", "latency_ms"),
        bad("latency of ages", with("latency_ms", "1e15"), "value_too_large", "latency_ms"),
        bad("cache hit as text", with("cache_hit", "\"yes\""), "wrong_type", "true or false"),
        bad("cost that is no number", with("cost_usd", "\"ten\""), "wrong_type", "decimal"),
        bad("cost below zero", with("cost_usd", "\"-1\""), "negative_value", "cost_usd"),
        bad("cost of a country", with("cost_usd", "1e300"), "value_too_large", "cost_usd"),
        bad("tags that nest", with("tags", "{\"a\":{}}"), "wrong_type", "tags do not nest"),
        bad("status unknown", with("status", "\"maybe\""), "invalid_value", "success, failure"),
        bad("type unknown", with("type", "\"guess\""), "unknown_type", "model_call"),
        bad("type missing", with("type", "null"), "missing_field", "'type' is missing"),
        bad("id missing", with("id", "null"), "missing_field", "'id' is missing"),
        bad("id empty", with("id", "\" \""), "invalid_value", "'id' is empty"),
        bad("id too long", with("id", "\"" + HUGE + "\""), "value_too_long", "200"),
        bad("agent too long", with("agent", "\"" + HUGE + "\""), "value_too_long", "256"),
        bad("time missing", with("time", "null"), "missing_field", "'time' is missing"),
        bad("time as a number", with("time", "1700000000"), "invalid_time", "RFC 3339"),
        bad("time without offset", time("2026-11-20T10:00:00"), "invalid_time", "offset"),
        bad("time that is no date", time("2026-02-30T10:00:00Z"), "invalid_time", "RFC 3339"),
        bad("time in words", time("yesterday"), "invalid_time", "RFC 3339"),
        bad("time of 36 days ago", time(ago(now, 36)), "time_too_old", "admission window"),
        bad("time of long ago", time("0001-01-01T00:00:00Z"), "time_too_old", "import"),
        bad("time far ahead", time("+999999999-12-31T23:59:59Z"), "time_in_future", "clock"),
        bad(
            "time in eleven minutes",
            time(now.plus(Duration.ofMinutes(11)).plusSeconds(30).toString()),
            "time_in_future",
            "sender's clock"),
        bad("an item that is text", "\"hello\"", "malformed_event", "JSON object"),
        bad("an item that is an array", "[[[]]]", "malformed_event", "JSON object"),
        bad("an item that is null", "null", "malformed_event", "JSON object"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badEvents")
  void aBadEventIsRefusedAloneWithItsReason(String name, String event, String code, String sentence)
      throws Exception {
    String body = "[" + call(10, 1) + "," + event + "," + call(20, 2) + "]";
    Api.Answer answer = api.report(body, "Content-Type", "application/json");
    assertThat(answer.status()).isEqualTo(202);
    assertThat(answer.accepted()).isEqualTo(2);
    assertThat(answer.json().path("rejected")).hasSize(1);
    JsonNode rejected = answer.json().path("rejected").get(0);
    assertThat(rejected.path("index").asInt()).isEqualTo(1);
    assertThat(rejected.path("code").asText()).isEqualTo(code);
    assertThat(rejected.path("message").asText()).contains(sentence).endsWith(".");
    assertThat(added()).isEqualTo(new Ledger.Totals(2, 2, 2, 30, 3, 105_000, 0));
  }

  @Test
  void theEdgesOfTheAdmissionWindowAreWithinIt() throws Exception {
    Instant now = Instant.now();
    assertThat(
            api.report(
                    call(1, 0).put("time", now.minus(Duration.ofDays(34)).toString()),
                    call(1, 0).put("time", now.plus(Duration.ofMinutes(9)).toString()))
                .accepted())
        .isEqualTo(2);
    assertThat(added().rows()).isEqualTo(2);
  }

  @Test
  void anIdThatOccursTwiceInABatchCountsOnceAndTheSecondIsNamed() throws Exception {
    ObjectNode first = call(10, 1);
    ObjectNode second = call(99, 9).put("id", first.path("id").asText());
    Api.Answer answer = api.report(first, second);
    assertThat(answer.accepted()).isEqualTo(1);
    assertThat(answer.rejectedCodes()).containsExactly("duplicate_id");
    assertThat(answer.json().path("rejected").get(0).path("index").asInt()).isEqualTo(1);
    assertThat(added()).isEqualTo(new Ledger.Totals(1, 1, 1, 10, 1, 35_000, 0));
  }

  @Test
  void impossibleUsageIsTakenAndFlagged() throws Exception {
    String flagged = "SELECT coalesce(sum(flagged_calls), 0) FROM ledger.events";
    long flaggedBefore = ledger.number(flagged);
    ObjectNode event = call(100, 1);
    ((ObjectNode) event.path("usage")).put("cached_input_tokens", 500);
    assertThat(api.report(event).accepted()).isEqualTo(1);
    assertThat(added().modelCalls()).isEqualTo(1);
    assertThat(ledger.number(flagged) - flaggedBefore).isEqualTo(1);
  }

  @Test
  void aRequestOfTheLargestNumbersThatAreTakenIsSettled() throws Exception {
    List<ObjectNode> events = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      ObjectNode event =
          call(10, 1)
              .put("model", "o1-pro")
              .put("cost_usd", 100_000)
              .put("latency_ms", 3_456_000_000L);
      ObjectNode usage = (ObjectNode) event.path("usage");
      for (String tokens : List.of("input_tokens", "output_tokens", "reasoning_tokens")) {
        usage.put(tokens, 10_000_000_000L);
      }
      events.add(event);
    }
    Api.Answer answer = api.report(events.toString(), "Content-Type", "application/json");
    assertThat(answer.accepted()).isEqualTo(10_000);
    assertThat(added().rows()).isEqualTo(10_000);
  }

  @Test
  void nulCharactersAndLoneSurrogatesInTextDoNoHarm() throws Exception {
    String call = call(10, 1).put("agent", "AGENT").put("feature", "FEATURE").toString();
    String nul = call.replace("AGENT", "a\\u0000b").replace("FEATURE", "\\ud800");
    String both =
        call(20, 2)
            .put("session", "SESSION")
            .toString()
            .replace("SESSION", "\\udc00\\ud800\\u0000");
    Api.Answer answer =
        api.report("[" + nul + "," + both + "]", "Content-Type", "application/json");
    assertThat(answer.status()).isEqualTo(202);
    int accepted = answer.accepted();
    assertThat(accepted + answer.rejectedCodes().size()).isEqualTo(2);
    assertThat(added().rows()).isEqualTo(accepted);
    assertThat(api.report(call(1, 1)).accepted()).isEqualTo(1);
    assertThat(added().rows()).isEqualTo(accepted + 1);
  }

  @Test
  void tenThousandLevelsOfNestingAreNoReasonToFall() throws Exception {
    String deep = "[".repeat(10_000) + "]".repeat(10_000);
    String event = call(10, 1).toString();
    String nested = event.substring(0, event.length() - 1) + ",\"deep\":" + deep + "}";
    Api.Answer inEvent = api.report("[" + nested + "]", "Content-Type", "application/json");
    Api.Answer alone = api.report(deep, "Content-Type", "application/json");
    assertThat(List.of(inEvent.status(), alone.status())).allMatch(status -> status == 400);
    assertThat(inEvent.code()).isEqualTo("malformed_body");
    assertThat(added()).isEqualTo(Ledger.Totals.NOTHING);
  }

  @Test
  void aHundredThousandFieldsAreKeptWithinBounds() throws Exception {
    ObjectNode event = call(10, 1);
    IntStream.range(0, 100_000).forEach(i -> event.put("field_" + i, i));
    assertThat(api.report(event).accepted()).isEqualTo(1);
    assertThat(added().rows()).isEqualTo(1);
    assertThat(
            ledger.number(
                "SELECT length(detail::text) FROM ledger.events WHERE event_id = ?",
                event.path("id").asText()))
        .isLessThan(10_000);
  }

  @Test
  void spansWithoutValidIdsAreCountedInThePartialSuccess() throws Exception {
    ObjectNode body = Api.JSON.createObjectNode();
    ArrayNode spans =
        body.putArray("resourceSpans")
            .addObject()
            .putArray("scopeSpans")
            .addObject()
            .putArray("spans");
    String trace = UUID.randomUUID().toString().replace("-", "");
    spans.add(span("0".repeat(32), "1111111111111111"));
    spans.add(span(trace, "0".repeat(16)));
    spans.add(span(trace, "2222222222222222"));
    Api.Answer answer = api.post("/v1/traces", body);
    assertThat(answer.status()).isEqualTo(200);
    JsonNode partial = answer.json().path("partialSuccess");
    assertThat(partial.path("rejectedSpans").asText()).isEqualTo("2");
    assertThat(partial.path("errorMessage").asText()).contains("invalid_trace_id", "all zeros");
    assertThat(added()).isEqualTo(new Ledger.Totals(1, 1, 1, 100, 10, 350_000, 0));
  }

  private static ObjectNode span(String traceId, String spanId) {
    long start = Events.anHourAgo().toEpochMilli();
    ObjectNode span =
        Api.JSON
            .createObjectNode()
            .put("traceId", traceId)
            .put("spanId", spanId)
            .put("name", "chat gpt-4o")
            .put("startTimeUnixNano", start + "000000")
            .put("endTimeUnixNano", (start + 900) + "000000");
    ArrayNode attributes = span.putArray("attributes");
    attribute(attributes, "gen_ai.operation.name").put("stringValue", "chat");
    attribute(attributes, "gen_ai.provider.name").put("stringValue", "openai");
    attribute(attributes, "gen_ai.request.model").put("stringValue", "gpt-4o");
    attribute(attributes, "gen_ai.usage.input_tokens").put("intValue", "100");
    attribute(attributes, "gen_ai.usage.output_tokens").put("intValue", "10");
    return span;
  }

  private static ObjectNode attribute(ArrayNode attributes, String key) {
    return attributes.addObject().put("key", key).putObject("value");
  }

  private Ledger.Totals added() throws Exception {
    return ledger.settled().minus(before);
  }

  private static Arguments bad(String name, String event, String code, String sentence) {
    return Arguments.of(name, event, code, sentence);
  }

  private static String usage(String inputTokens) {
    return with("usage", "{\"input_tokens\":" + inputTokens + ",\"output_tokens\":1}");
  }

  private static String time(String time) {
    return with("time", "\"" + time + "\"");
  }

  private static String ago(Instant now, int days) {
    return now.minus(Duration.ofDays(days)).toString();
  }

  /** A good call but for one field. */
  private static String with(String field, String json) {
    ObjectNode event = call(10, 1);
    event.put(field, "REPLACED");
    return event.toString().replace("\"REPLACED\"", json);
  }

  private static ObjectNode call(long inputTokens, long outputTokens) {
    return Events.call(UUID.randomUUID().toString(), inputTokens, outputTokens);
  }
}
