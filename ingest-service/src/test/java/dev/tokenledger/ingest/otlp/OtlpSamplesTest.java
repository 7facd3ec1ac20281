package dev.tokenledger.ingest.otlp;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.ingest.decode.Decoded;
import dev.tokenledger.ingest.decode.Rejection;
import dev.tokenledger.ingest.decode.RejectionCode;
import dev.tokenledger.model.event.AgentRun;
import dev.tokenledger.model.event.CallStatus;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.event.Step;
import dev.tokenledger.model.event.TokenUsage;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests as the instrumentations of the field send them, cut from other products' tests. */
class OtlpSamplesTest {
  private static final String FOLDER = "otel-genai/otlp-json";

  @Test
  void onlySpansWithoutIdsOrTimeAreRefused() throws IOException {
    Map<String, RejectionCode> refused = new TreeMap<>();
    int requests = 0;
    for (String file : SharedData.files(FOLDER, ".json")) {
      requests++;
      Decoded decoded = decode(file);
      for (Rejection rejection : decoded.rejected()) {
        refused.put(file, rejection.code());
      }
      assertThat(decoded.links().size())
          .as(file)
          .isEqualTo(
              decoded.items()
                  - (int)
                      decoded.rejected().stream()
                          .filter(r -> r.code() == RejectionCode.INVALID_TRACE_ID)
                          .count());
    }
    assertThat(requests).isGreaterThanOrEqualTo(82);
    assertThat(refused)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "langwatch-attribution.json", RejectionCode.INVALID_TRACE_ID,
                "langwatch-claude_code.json", RejectionCode.INVALID_TRACE_ID,
                "langwatch-cursor.json", RejectionCode.INVALID_TRACE_ID,
                "langwatch-provenance.json", RejectionCode.INVALID_TRACE_ID,
                "langwatch-otel-02995.json", RejectionCode.INVALID_TIME));
  }

  @Test
  void bothEncodingsGiveTheSame() throws IOException {
    for (String file : SharedData.files(FOLDER, ".json")) {
      byte[] json = SharedData.bytes(FOLDER + '/' + file);
      Decoded fromProtobuf = new OtlpTraceDecoder().decodeProtobuf(OtlpProtobuf.of(json));
      assertThat(fromProtobuf).as(file).isEqualTo(decode(file));
    }
  }

  /**
   * Tokens as {@code input/output cached+written reasoning}, of the one call that counts in the
   * request.
   */
  @ParameterizedTest(name = "{0}: {1} {2}")
  @CsvSource({
    // OpenLIT
    "langfuse-otelMapping-00563, gpt-3.5-turbo, 14/96 0+0 0",
    "langfuse-otelToObservationForEval-00378, gpt-3.5-turbo, 14/96 0+0 0",
    // Semantic Kernel: the counts are in metrics, the span has none
    "langfuse-otelMapping-00869, gpt-4-0613, 0/0 0+0 0",
    // Vercel AI SDK
    "langfuse-otelMapping-01013, gemini-embedding-001, 0/0 0+0 0",
    "langfuse-otelMapping-05917, gpt-4.1-mini, 0/0 0+0 0",
    "langfuse-otelMapping-07380, gpt-4, 0/0 0+0 0",
    "langfuse-otelToObservationForEval-00580, gpt-4-turbo, 10/8 0+0 0",
    "langfuse-otelToObservationForEval-00669, claude-opus-4-6, 0/0 0+0 0",
    // … with Anthropic's own block: cached tokens come on top of its input
    "langfuse-otelMapping-08658, , 9500/200 1500+3000 0",
    "langfuse-otelMapping-08764, , 16000/300 2000+4000 0",
    "langfuse-otelMapping-08980, , 5100/0 5000+0 0",
    // pydantic-ai
    "langfuse-otelMapping-02095, gpt-4o, 174/31 0+0 0",
    "langfuse-otelMapping-02224, , 120/40 30+10 0",
    "langfuse-otelMapping-02555, , 37/248 0+0 0",
    "langfuse-otel_api-00444, test-model, 100/200 0+0 0",
    // names for cached tokens, all held by the input
    "langfuse-otelMapping-02434, , 50000/200 40000+5000 0",
    "langfuse-otelMapping-07677, , 100/40 20+10 0",
    "langfuse-otelMapping-08174, , 100/0 20+10 0",
    // zero under one name and 20 under another: a name left empty is no statement
    "langfuse-otelMapping-08262, , 100/0 20+0 0",
    // OpenInference
    "langfuse-otelMapping-02916, text-embedding-ada-002, 50/0 0+0 0",
    "langfuse-otelMapping-07767, , 100/50 0+0 30",
    // 60 of 50 cannot be: the reasoning stands beside the output, and nothing is lost
    "langfuse-otelMapping-07948, , 0/110 0+0 60",
    "langwatch-otel-00016, gpt-5, 0/0 0+0 0",
    // Google ADK
    "langfuse-otelMapping-08019, , 0/25 0+0 25",
    // Langfuse SDK
    "langfuse-otelToObservationForEval-00886, claude-3-opus, 500/200 0+0 0",
    "langfuse-otelToObservationForEval-01556, gpt-4, 100/200 50+0 0",
    "langfuse-otelToObservationForEval-01639, gpt-4, 0/0 0+0 0",
    "langfuse-otelMapping-07475, gpt-4o, 0/0 0+0 0",
    "langfuse-otelMapping-07166, gpt-4, 0/0 0+0 0",
    // Strands, Spring AI, OpenClaw
    "langwatch-otel-00811, openai/gpt-4.1-nano, 24/10 0+0 0",
    "langwatch-otel-00918, gpt-5, 11/13 0+0 0",
    "langwatch-otel-02671, claude-opus-4-6, 150/25 0+0 0",
    "langfuse-otelMapping-02826, gpt-4, 0/0 0+0 0",
    "langfuse-otelMapping-05357, test-model, 0/0 0+0 0",
  })
  void tokensAreThoseThatTheProviderBills(String file, String model, String tokens)
      throws IOException {
    Map<String, ModelCall> counted = Ledger.counted(decode(file + ".json"));
    assertThat(counted).hasSize(1);
    ModelCall call = counted.values().iterator().next();
    assertThat(call.model()).isEqualTo(model);
    assertThat(tokens(call.usage())).isEqualTo(tokens);
  }

  /**
   * The agent's span carries the sum of its two calls. The recorded cache figures exceed the input
   * of a model that holds them, which its total confirms: kept as reported, and impossible.
   */
  @Test
  void strandsAgentIsNotCountedBesideItsCalls() throws IOException {
    Decoded trace = decode("langwatch-otel-01701.json");
    assertThat(Ledger.lines(trace))
        .containsExactly(
            "106f9976ebd4e5ec openai/gpt-5-mini 134/84",
            "4dec09c2d79adabf openai/gpt-5-mini 163/103");
    assertThat(Ledger.counted(trace).values())
        .allSatisfy(call -> assertThat(call.usage().isImpossible()).isTrue())
        .extracting(ModelCall::timeToFirstTokenMicros)
        .containsExactly(2_046_000L, 3_125_000L);
    assertThat(Ledger.events(trace, AgentRun.class))
        .extracting(run -> run.header().agent())
        .containsExactly("Strands Agents");
    assertThat(Ledger.events(trace, Step.class))
        .extracting(Step::tool)
        .containsExactly("get_user_location", "get_user_location");
  }

  @Test
  void anObservationOfLangfusesSdkKeepsAllItsFields() throws IOException {
    ModelCall call =
        Ledger.events(decode("langfuse-otelToObservationForEval-00886.json"), ModelCall.class)
            .get(0);
    assertThat(call.header().id()).isEqualTo("abcdef1234567890abcdef1234567890/1234567890abcdef");
    assertThat(call.header().parentSpanId()).isEqualTo("fedcba0987654321");
    assertThat(call.header().environment()).isEqualTo("staging");
    assertThat(call.header().user()).isEqualTo("user-full-test");
    assertThat(call.header().session()).isEqualTo("session-full-test");
    assertThat(call.header().feature()).isEqualTo("full-test-trace");
    assertThat(call.header().tags()).containsEntry("service", "full-test-service");
    assertThat(call.header().attributes())
        .containsEntry("request_id", "req-12345")
        .containsEntry("langfuse.release", "v2.0.0")
        .doesNotContainValue("test input");
    assertThat(call.prompt()).isEqualTo("analysis-prompt");
    assertThat(call.promptVersion()).isEqualTo("3");
    assertThat(call.status()).isEqualTo(CallStatus.FAILURE);
    assertThat(call.reportedCost().toUsd()).isEqualTo("0.045000000");
    assertThat(call.latencyMicros()).isEqualTo(1_445_000);
  }

  @Test
  void theFirstTokenOfAStreamIsReadFromItsEvent() throws IOException {
    ModelCall call = Ledger.events(decode("langwatch-otel-00016.json"), ModelCall.class).get(0);
    assertThat(call.timeToFirstTokenMicros()).isEqualTo(467_023);
    assertThat(call.header().session()).isEqualTo("my-test-session");
    assertThat(call.header().user()).isEqualTo("my-test-user");
  }

  @Test
  void anSdksOwnSessionGoesBeforeTheConversation() throws IOException {
    Attributes attributes =
        new Attributes(
            Map.of(
                "langfuse.session.id", "langfuse-session-123",
                "session.id", "session-id-123",
                "gen_ai.conversation.id", "otel-conversation-456"));
    SpanData span =
        new SpanData("", "", null, "", "", 1, 2, false, attributes, Attributes.NONE, List.of());
    assertThat(Dimensions.session(span)).isEqualTo("langfuse-session-123");
  }

  @Test
  void toolsAreSteps() throws IOException {
    assertThat(tools("langfuse-otelMapping-01737.json")).containsExactly("roulette_wheel");
    assertThat(tools("langfuse-otelMapping-05357.json")).containsExactly("get_weather");
    assertThat(tools("langfuse-otelMapping-07338.json")).containsExactly("tool-execution");
    assertThat(tools("langfuse-otelMapping-09338.json")).containsExactly("bake_cake");
    // The instrumentation's kind is asked before the operation.
    assertThat(tools("langfuse-otelMapping-02782.json")).hasSize(1);
  }

  /** One call in the words of OpenInference, of the conventions, and of the deprecated ones. */
  @Test
  void aCallSaysTheSameInOpenInferenceAndInTheConventions() throws IOException {
    for (String fixture :
        List.of(
            "openinference_client_span_input_output_only",
            "openinference_client_span_tool_calls",
            "otel_genai_client_span_tool_calls",
            "otel_genai_deprecated_client_span_tool_calls")) {
      OtlpJson span = OtlpJson.span(OtlpJson.TRACE, OtlpJson.SPAN, null, "call");
      new ObjectMapper()
              .readTree(SharedData.bytes("otel-genai/openinference-fixtures/" + fixture + ".json"))
              .properties()
              .stream()
              .filter(entry -> entry.getValue().isValueNode())
              .forEach(
                  entry ->
                      span.with(
                          entry.getKey(),
                          entry.getValue().isInt()
                              ? (Object) entry.getValue().intValue()
                              : entry.getValue().asText()));
      Decoded decoded = new OtlpTraceDecoder().decodeJson(OtlpJson.request(span));
      ModelCall call = Ledger.events(decoded, ModelCall.class).get(0);
      assertThat(call.usage()).as(fixture).isEqualTo(TokenUsage.of(97, 52));
      assertThat(call.provider()).as(fixture).isEqualTo("openai");
      assertThat(call.model()).as(fixture).startsWith("gpt-4");
    }
  }

  @Test
  void spansOfAWebFrameworkAreLinksAlone() throws IOException {
    for (String file : List.of("langwatch-otel-00389.json", "langwatch-otel-00582.json")) {
      Decoded decoded = decode(file);
      assertThat(decoded.events()).isEmpty();
      assertThat(decoded.links()).hasSize(decoded.items());
    }
  }

  @Test
  void noTextOfPromptsAnswersOrToolsIsKept() throws IOException {
    for (String file : SharedData.files(FOLDER, ".json")) {
      assertThat(decode(file).events())
          .as(file)
          .allSatisfy(
              draft ->
                  assertThat(draft.event().header().attributes().keySet())
                      .noneMatch(
                          name ->
                              name.contains("message")
                                  || name.contains("input")
                                  || name.contains("output.value")
                                  || name.contains("prompt")
                                  || name.contains("completion")
                                  || name.contains("arguments")
                                  || name.contains("result")
                                  || name.contains("response.text")));
    }
  }

  private static List<String> tools(String file) throws IOException {
    return Ledger.events(decode(file), Step.class).stream()
        .map(step -> String.valueOf(step.tool()))
        .toList();
  }

  private static String tokens(TokenUsage usage) {
    return usage.input()
        + "/"
        + usage.output()
        + " "
        + usage.cachedInput()
        + "+"
        + usage.cacheWrite()
        + " "
        + usage.reasoning();
  }

  private static Decoded decode(String file) throws IOException {
    return new OtlpTraceDecoder().decodeJson(SharedData.bytes(FOLDER + '/' + file));
  }
}
