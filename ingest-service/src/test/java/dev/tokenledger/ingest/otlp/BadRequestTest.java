package dev.tokenledger.ingest.otlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tokenledger.ingest.decode.Decoded;
import dev.tokenledger.ingest.decode.RejectionCode;
import dev.tokenledger.model.event.CallStatus;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.money.Money;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** No input ends in anything but events, rejections or a problem that is the caller's. */
class BadRequestTest {
  private final OtlpTraceDecoder decoder = new OtlpTraceDecoder();

  @Test
  void aBodyCutAnywhereIsAProblemOrAWholeRequest() throws IOException {
    byte[] json = SharedData.bytes("otel-genai/otlp-json/langwatch-otel-00016.json");
    byte[] protobuf = OtlpProtobuf.of(json);
    for (int length = 0; length < json.length; length++) {
      survives(Arrays.copyOf(json, length), true);
    }
    for (int length = 0; length < protobuf.length; length++) {
      survives(Arrays.copyOf(protobuf, length), false);
    }
  }

  @Test
  void aFlippedByteAnywhereIsSurvived() throws IOException {
    byte[] json = SharedData.bytes("otel-genai/otlp-json/langwatch-otel-00016.json");
    byte[] protobuf = OtlpProtobuf.of(json);
    Random random = new Random(1);
    for (int i = 0; i < protobuf.length; i++) {
      byte[] flipped = protobuf.clone();
      flipped[i] ^= (byte) (1 << random.nextInt(8));
      survives(flipped, false);
    }
    for (int i = 0; i < json.length; i++) {
      byte[] flipped = json.clone();
      flipped[i] ^= (byte) (1 << random.nextInt(8));
      survives(flipped, true);
    }
  }

  @Test
  void randomBytesAreSurvived() {
    Random random = new Random(20261120);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[random.nextInt(64)];
      random.nextBytes(bytes);
      survives(bytes, true);
      survives(bytes, false);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "1",
        "null",
        "\"text\"",
        "{",
        "{} {}",
        "{\"resourceSpans\": {}}",
        "{\"resourceSpans\": 1}",
        "{\"resourceSpans\": [{\"scopeSpans\": {}}]}",
        "{\"resourceSpans\": [{\"scopeSpans\": [{\"spans\": \"x\"}]}]}"
      })
  void jsonThatIsNoTraceRequestIsMalformed(String body) {
    assertThatThrownBy(() -> decoder.decodeJson(body.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOfSatisfying(
            ProblemException.class,
            problem -> assertThat(problem.code()).isEqualTo(ProblemCode.MALFORMED_BODY));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"resourceSpans\": null}",
        "{\"resourceSpans\": []}",
        "{\"resourceSpans\": [null, {}, {\"scopeSpans\": null}, {\"scopeSpans\": [{}]}]}",
        "{\"resource_spans\": [{\"scope_spans\": [{\"spans\": []}]}]}"
      })
  void jsonWithoutSpansIsAnEmptyRequest(String body) {
    assertThat(decoder.decodeJson(body.getBytes(StandardCharsets.UTF_8)).items()).isZero();
  }

  @Test
  void jsonThatIsNotUtf8IsSaidToBeSo() {
    byte[] body = OtlpJson.request(OtlpJson.chat().with("gen_ai.agent.name", "xx"));
    int at = new String(body, StandardCharsets.ISO_8859_1).indexOf("xx");
    body[at] = (byte) 0xC3;
    assertThatThrownBy(() -> decoder.decodeJson(body))
        .isInstanceOfSatisfying(
            ProblemException.class,
            problem -> assertThat(problem.code()).isEqualTo(ProblemCode.INVALID_UTF8));
  }

  /** Exporters drop a batch that is refused: a text that was cut must not take calls with it. */
  @Test
  void textInProtobufThatIsNotUtf8IsMendedAndNothingBesideItIsLost() throws IOException {
    byte[] body =
        OtlpProtobuf.of(
            OtlpJson.request(
                OtlpJson.chat().with("gen_ai.agent.name", "helper-xx-one"),
                OtlpJson.span(OtlpJson.TRACE, "b7ad6b7169203332", null, "chat gpt-4o")
                    .with("gen_ai.operation.name", "chat")
                    .with("gen_ai.request.model", "gpt-4o")));
    int at = new String(body, StandardCharsets.ISO_8859_1).indexOf("xx");
    body[at] = (byte) 0xC3;
    Decoded decoded = decoder.decodeProtobuf(body);
    assertThat(decoded.rejected()).isEmpty();
    List<ModelCall> calls = Ledger.events(decoded, ModelCall.class);
    assertThat(calls).hasSize(2);
    assertThat(calls.get(0).header().agent()).isEqualTo("helper-\uFFFDx-one");
  }

  @Test
  void jsonNestedWithoutEndIsMalformed() {
    byte[] body = ("{\"resourceSpans\":" + "[".repeat(1_000_000)).getBytes(StandardCharsets.UTF_8);
    survives(body, true);
  }

  @ParameterizedTest
  @CsvSource({
    "-1, NEGATIVE_VALUE",
    "-0.5, NEGATIVE_VALUE",
    "1e30, VALUE_TOO_LARGE",
    "1e999999999, VALUE_TOO_LARGE",
    "10000000001, VALUE_TOO_LARGE",
    "9223372036854775807, VALUE_TOO_LARGE",
    "NaN, WRONG_TYPE",
    "Infinity, WRONG_TYPE",
    "12.5, WRONG_TYPE",
    "1e-999999999, WRONG_TYPE",
    "many, WRONG_TYPE",
    "0x10, WRONG_TYPE"
  })
  void anAbsurdCountRefusesItsSpanAlone(String count, RejectionCode code) {
    Decoded decoded =
        decoder.decodeJson(
            OtlpJson.request(
                OtlpJson.chat().with("gen_ai.usage.input_tokens", count),
                OtlpJson.span(OtlpJson.TRACE, "00f067aa0ba902b7", OtlpJson.SPAN, "chat")
                    .with("gen_ai.operation.name", "chat")
                    .with("gen_ai.usage.input_tokens", 5)));
    assertThat(decoded.rejected()).hasSize(1);
    assertThat(decoded.rejected().get(0).index()).isZero();
    assertThat(decoded.rejected().get(0).id()).isEqualTo(OtlpJson.TRACE + '/' + OtlpJson.SPAN);
    assertThat(decoded.rejected().get(0).code()).isEqualTo(code);
    assertThat(decoded.rejected().get(0).message()).startsWith("gen_ai.usage.input_tokens ");
    assertThat(decoded.events()).hasSize(1);
    // The place of the refused span is kept: what is beneath it still has its parent.
    assertThat(decoded.links()).hasSize(2);
    assertThat(decoded.links().get(0).callEventId()).isNull();
  }

  @Test
  void absurdNumbersOfEveryWireTypeAreRefused() throws IOException {
    for (Object count : new Object[] {-1, -1.0, 1e30, Double.MAX_VALUE, 0.5, true}) {
      byte[] json = OtlpJson.request(OtlpJson.chat().with("llm.token_count.prompt", count));
      assertThat(decoder.decodeJson(json).rejected()).as("%s", count).hasSize(1);
      byte[] protobuf = OtlpProtobuf.of(json);
      assertThat(decoder.decodeProtobuf(protobuf).rejected()).as("%s", count).hasSize(1);
    }
  }

  /** The call is what counts; what its reporter says of its cost stands beside it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gen_ai.usage.cost | -0.1",
        "gen_ai.usage.cost | 1e30",
        "gen_ai.usage.cost | 1e999999999",
        "gen_ai.usage.cost | 1e2147483648",
        "gen_ai.usage.cost | -1e2147483647",
        "gen_ai.usage.cost | 100000.01",
        "gen_ai.usage.cost | free",
        "llm.cost.total | Infinity",
        "operation.cost | NaN",
        "langfuse.observation.cost_details | {\"total\": -1}",
        "langfuse.observation.cost_details | {\"total\": \"x\"}",
        "langfuse.observation.cost_details | {\"total\":",
        "langfuse.observation.cost_details | {\"total\": 1e999}",
        "langfuse.observation.cost_details | {\"input\": 1e400, \"output\": 1}",
        "langfuse.observation.cost_details | {\"input\": 1e999999999999, \"output\": 1}",
        "langfuse.observation.cost_details | [1]",
      })
  void anAbsurdCostIsLeftOutAndTheCallIsCounted(String name, String value) throws IOException {
    byte[] json = OtlpJson.request(OtlpJson.chat().with(name, value));
    for (Decoded decoded :
        List.of(decoder.decodeJson(json), decoder.decodeProtobuf(OtlpProtobuf.of(json)))) {
      assertThat(decoded.rejected()).isEmpty();
      ModelCall call = Ledger.events(decoded, ModelCall.class).get(0);
      assertThat(call.reportedCost()).isNull();
      assertThat(call.header().attributes())
          .containsEntry("tokenledger.usage.flags", "cost_left_out");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gen_ai.usage.cost | 0e999999999",
        "gen_ai.usage.cost | 0e-999999999",
        "gen_ai.usage.cost | 1e-999999999",
        "gen_ai.usage.cost | 1e-2147483647",
        "langfuse.observation.cost_details | {\"total\": 0e999999999}",
        "langfuse.observation.cost_details | {\"input\": 1e-999999999, \"output\": 0.0}",
      })
  void aCostOfNothingIsNothingHoweverItIsWritten(String name, String value) {
    Decoded decoded = decoder.decodeJson(OtlpJson.request(OtlpJson.chat().with(name, value)));
    assertThat(Ledger.events(decoded, ModelCall.class))
        .extracting(ModelCall::reportedCost)
        .containsExactly(Money.ZERO);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "langfuse.observation.completion_start_time | 2600-01-01T00:00:00Z",
        "langfuse.observation.completion_start_time | -1000000000-01-01T00:00:00Z",
        "langfuse.observation.completion_start_time | +1000000000-12-31T23:59:59.999999999Z",
        "langfuse.observation.completion_start_time | soon",
        "gen_ai.response.time_to_first_chunk | 1e999999999",
        "gen_ai.response.time_to_first_chunk | -1e999999999",
        "gen_ai.server.ttft | 1e2147483647",
        "ai.response.msToFirstChunk | 1e2147483648",
        "ttft_ms | NaN",
      })
  void aFirstTokenAtNoTimeIsLeftOut(String name, String value) {
    Decoded decoded = decoder.decodeJson(OtlpJson.request(OtlpJson.chat().with(name, value)));
    assertThat(Ledger.events(decoded, ModelCall.class))
        .extracting(ModelCall::timeToFirstTokenMicros)
        .containsExactly(ModelCall.UNKNOWN);
  }

  @ParameterizedTest
  @CsvSource({
    "langfuse.observation.usage_details, {\"input\": -1}, NEGATIVE_VALUE",
    "langfuse.observation.usage_details, {\"input\": 1e40}, VALUE_TOO_LARGE",
    "langfuse.observation.usage_details, {\"input\": 1e999999999}, VALUE_TOO_LARGE",
    "langfuse.observation.usage_details, nonsense, WRONG_TYPE",
  })
  void anAbsurdDetailOfUsageRefusesItsSpan(String name, String value, RejectionCode code) {
    Decoded decoded = decoder.decodeJson(OtlpJson.request(OtlpJson.chat().with(name, value)));
    assertThat(decoded.rejected()).extracting(r -> r.code()).containsExactly(code);
    assertThat(decoded.events()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "traceId, ''",
    "traceId, 00000000000000000000000000000000",
    "traceId, 0af7651916cd43dd8448eb211c80319",
    "traceId, 0af7651916cd43dd",
    "traceId, zzf7651916cd43dd8448eb211c80319c",
    "spanId, ''",
    "spanId, 0000000000000000",
    "spanId, b7ad6b71692033310000000000000000",
    "parentSpanId, b7ad",
  })
  void anIdentifierThatIsNoneRefusesItsSpan(String field, String id) {
    Decoded decoded = decoder.decodeJson(OtlpJson.request(OtlpJson.chat().set(field, id)));
    assertThat(decoded.rejected())
        .extracting(r -> r.code())
        .containsExactly(RejectionCode.INVALID_TRACE_ID);
    assertThat(decoded.events()).isEmpty();
    assertThat(decoded.links()).isEmpty();
  }

  @Test
  void anAllZeroParentIsNone() {
    Decoded decoded =
        decoder.decodeJson(
            OtlpJson.request(OtlpJson.chat().set("parentSpanId", "0000000000000000")));
    assertThat(decoded.links().get(0).parentSpanId()).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "yesterday", "-5", "99999999999999999999999"})
  void aCallWithoutAStartIsRefused(String start) {
    Decoded decoded =
        decoder.decodeJson(OtlpJson.request(OtlpJson.chat().set("startTimeUnixNano", start)));
    assertThat(decoded.rejected())
        .extracting(r -> r.code())
        .containsExactly(RejectionCode.INVALID_TIME);
  }

  @Test
  void aCallThatEndsBeforeItStartsHasNoDuration() {
    Decoded decoded =
        decoder.decodeJson(OtlpJson.request(OtlpJson.chat().set("endTimeUnixNano", "5")));
    assertThat(Ledger.events(decoded, ModelCall.class).get(0).latencyMicros())
        .isEqualTo(ModelCall.UNKNOWN);
  }

  @Test
  void aStatusWhoseNumberIsTextIsAnErrorAllTheSame() {
    Decoded decoded =
        decoder.decodeJson(OtlpJson.request(OtlpJson.chat().set("status", Map.of("code", "2"))));
    assertThat(Ledger.events(decoded, ModelCall.class))
        .extracting(ModelCall::status)
        .containsExactly(CallStatus.FAILURE);
  }

  @Test
  void anEndInAnotherCenturyIsNoDuration() {
    byte[] json =
        OtlpJson.request(OtlpJson.chat().set("endTimeUnixNano", Long.toString(Long.MAX_VALUE)));
    Decoded decoded = decoder.decodeJson(json);
    assertThat(Ledger.events(decoded, ModelCall.class))
        .extracting(ModelCall::latencyMicros)
        .containsExactly(ModelCall.UNKNOWN);
  }

  @Test
  void aByteOrderMarkBeforeTheJsonIsNoPartOfIt() {
    String json = new String(OtlpJson.request(OtlpJson.chat()), StandardCharsets.UTF_8);
    Decoded decoded = decoder.decodeJson(("\uFEFF" + json).getBytes(StandardCharsets.UTF_8));
    assertThat(decoded.events()).hasSize(1);
  }

  @Test
  void attributesSentAsAnObjectRefuseTheirSpan() {
    String span = OtlpJson.chat().set("attributes", Map.of("a", "b")).toString();
    assertThat(decoder.decodeJson(OtlpJson.request(span, "7")).rejected())
        .extracting(r -> r.code())
        .containsExactly(RejectionCode.MALFORMED_EVENT, RejectionCode.MALFORMED_EVENT);
  }

  @Test
  void textIsBoundedAndHoldsNothingThatNoStoreTakes() {
    byte[] body =
        OtlpJson.request(
            OtlpJson.chat()
                .with("gen_ai.agent.name", "a\u0000bLONEc")
                .with("gen_ai.provider.name", "p".repeat(100_000))
                .with("session.id", "s".repeat(100_000))
                .with("tokenledger.tags." + "k".repeat(1_000), "v".repeat(100_000)));
    // A surrogate without its other half can be written in JSON, though not in UTF-8.
    String json = new String(body, StandardCharsets.UTF_8).replace("LONE", "\\ud800");
    Decoded decoded = decoder.decodeJson(json.getBytes(StandardCharsets.UTF_8));
    ModelCall call = Ledger.events(decoded, ModelCall.class).get(0);
    assertThat(call.header().agent()).isEqualTo("a\uFFFDb\uFFFDc");
    assertThat(call.provider()).hasSize(Text.DIMENSION);
    assertThat(call.header().session()).hasSize(Text.ID);
    assertThat(call.header().tags())
        .containsExactly(Map.entry("k".repeat(64), "v".repeat(Text.DETAIL)));
  }

  private void survives(byte[] body, boolean json) {
    try {
      Decoded decoded = json ? decoder.decodeJson(body) : decoder.decodeProtobuf(body);
      assertThat(decoded.rejected().size()).isLessThanOrEqualTo(decoded.items());
    } catch (ProblemException problem) {
      assertThat(problem.code()).isIn(ProblemCode.MALFORMED_BODY, ProblemCode.INVALID_UTF8);
    }
  }
}
