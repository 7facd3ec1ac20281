package dev.tokenledger.ingest.otlp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.ingest.decode.Decoded;
import dev.tokenledger.model.event.AgentRun;
import dev.tokenledger.model.event.CallStatus;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.event.Step;
import dev.tokenledger.model.event.TokenUsage;
import dev.tokenledger.model.trace.SpanLink;
import dev.tokenledger.model.trace.SpanNames;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The same facts in the words of each convention. */
class ConventionsTest {

  @Test
  void currentGenAiConventions() {
    ModelCall call =
        call(
            OtlpJson.chat()
                .with("gen_ai.provider.name", "openai")
                .with("gen_ai.response.model", "gpt-4o-2024-08-06")
                .with("gen_ai.response.id", "chatcmpl-1")
                .with("gen_ai.conversation.id", "conv-1")
                .with("gen_ai.agent.name", "support-bot")
                .with("gen_ai.workflow.name", "answer-ticket")
                .with("gen_ai.prompt.name", "ticket-summary")
                .with("openai.request.service_tier", "auto")
                .with("openai.response.service_tier", "priority")
                .with("gen_ai.response.time_to_first_chunk", 0.25)
                .with("gen_ai.usage.input_tokens", 1200)
                .with("gen_ai.usage.output_tokens", 300)
                .with("gen_ai.usage.cache_read.input_tokens", 800)
                .with("gen_ai.usage.cache_creation.input_tokens", 100)
                .with("gen_ai.usage.reasoning.output_tokens", 50));
    assertThat(call.header().id()).isEqualTo(OtlpJson.TRACE + '/' + OtlpJson.SPAN);
    assertThat(call.header().time()).hasToString("2025-11-20T10:03:20Z");
    assertThat(call.header().agent()).isEqualTo("support-bot");
    assertThat(call.header().feature()).isEqualTo("answer-ticket");
    assertThat(call.header().session()).isEqualTo("conv-1");
    assertThat(call.provider()).isEqualTo("openai");
    assertThat(call.model()).isEqualTo("gpt-4o-2024-08-06");
    assertThat(call.operation()).isEqualTo("chat");
    assertThat(call.prompt()).isEqualTo("ticket-summary");
    assertThat(call.serviceTier()).isEqualTo("priority");
    assertThat(call.responseId()).isEqualTo("chatcmpl-1");
    assertThat(call.latencyMicros()).isEqualTo(2_500_000);
    assertThat(call.timeToFirstTokenMicros()).isEqualTo(250_000);
    assertThat(call.accounting()).isEqualTo(ModelCall.Accounting.NESTABLE);
    assertThat(call.usage()).isEqualTo(new TokenUsage(1200, 300, 800, 100, 0, 50, 0, 0, 0, 0));
  }

  @Test
  void deprecatedGenAiConventions() {
    ModelCall call =
        call(
            OtlpJson.chat()
                .with("gen_ai.system", "az.ai.openai")
                .with("gen_ai.openai.response.service_tier", "default")
                .with("gen_ai.usage.prompt_tokens", 12)
                .with("gen_ai.usage.completion_tokens", 3));
    assertThat(call.provider()).isEqualTo("az.ai.openai");
    assertThat(call.serviceTier()).isEqualTo("default");
    assertThat(call.usage()).isEqualTo(TokenUsage.of(12, 3));
  }

  @Test
  void openInference() {
    ModelCall call =
        call(
            OtlpJson.span(OtlpJson.TRACE, OtlpJson.SPAN, null, "ChatCompletion")
                .with("openinference.span.kind", "LLM")
                .with("llm.provider", "OpenAI")
                .with("llm.model_name", "gpt-4o-audio-preview")
                .with("llm.token_count.prompt", 100)
                .with("llm.token_count.prompt_details.cache_read", 40)
                .with("llm.token_count.prompt_details.cache_write", 10)
                .with("llm.token_count.prompt_details.audio", 5)
                .with("llm.token_count.completion", 60)
                .with("llm.token_count.completion_details.reasoning", 20)
                .with("llm.token_count.completion_details.audio", 7)
                .with("llm.token_count.total", 160)
                .with("llm.cost.total", 0.00125)
                .with("llm.prompt_template.version", "v2")
                .with("session.id", "s-1")
                .with("user.id", "u-1"));
    assertThat(call.provider()).isEqualTo("openai");
    assertThat(call.usage()).isEqualTo(new TokenUsage(100, 60, 40, 10, 0, 20, 5, 7, 0, 0));
    assertThat(call.reportedCost().toUsd()).isEqualTo("0.001250000");
    assertThat(call.promptVersion()).isEqualTo("v2");
    assertThat(call.header().user()).isEqualTo("u-1");
    assertThat(call.header().session()).isEqualTo("s-1");
  }

  @Test
  void traceloop() {
    Decoded decoded =
        decode(
            OtlpJson.span(OtlpJson.TRACE, OtlpJson.SPAN, null, "openai.chat")
                .with("llm.request.type", "chat")
                .with("gen_ai.system", "Anthropic")
                .with("gen_ai.request.model", "claude-sonnet-4")
                .with("traceloop.workflow.name", "answer-ticket")
                .with("traceloop.association.properties.user_id", "u-1")
                .with("traceloop.association.properties.session_id", "s-1")
                .with("traceloop.association.properties.team", "search")
                .with("traceloop.prompt.key", "summary")
                .with("traceloop.prompt.version", 7)
                .with("gen_ai.usage.prompt_tokens", 1000)
                .with("gen_ai.usage.completion_tokens", 30)
                .with("llm.usage.total_tokens", 1030)
                .with("gen_ai.usage.cache_read_input_tokens", 900)
                .with("gen_ai.usage.cache_creation_input_tokens", 50));
    ModelCall call = Ledger.events(decoded, ModelCall.class).get(0);
    assertThat(call.provider()).isEqualTo("anthropic");
    assertThat(call.usage()).isEqualTo(new TokenUsage(1000, 30, 900, 50, 0, 0, 0, 0, 0, 0));
    assertThat(call.header().feature()).isEqualTo("answer-ticket");
    assertThat(call.header().user()).isEqualTo("u-1");
    assertThat(call.header().session()).isEqualTo("s-1");
    // A user as a tag would pass by the pseudonyms.
    assertThat(call.header().tags()).isEqualTo(Map.of("team", "search"));
    assertThat(call.prompt()).isEqualTo("summary");
    assertThat(call.promptVersion()).isEqualTo("7");
  }

  @Test
  void traceloopsAgentsAndTools() {
    Decoded decoded =
        decode(
            OtlpJson.span(OtlpJson.TRACE, OtlpJson.SPAN, null, "planner.agent")
                .with("traceloop.span.kind", "agent")
                .with("traceloop.entity.name", "planner"),
            OtlpJson.span(OtlpJson.TRACE, "00f067aa0ba902b7", OtlpJson.SPAN, "lookup.tool")
                .with("traceloop.span.kind", "tool")
                .with("traceloop.entity.name", "lookup"),
            OtlpJson.span(OtlpJson.TRACE, "00f067aa0ba902b8", OtlpJson.SPAN, "flow.workflow")
                .with("traceloop.span.kind", "workflow"));
    assertThat(Ledger.events(decoded, AgentRun.class).get(0).header().agent()).isEqualTo("planner");
    assertThat(Ledger.events(decoded, Step.class).get(0).tool()).isEqualTo("lookup");
    assertThat(decoded.events()).hasSize(2);
    assertThat(decoded.links()).extracting(link -> link.tool()).containsExactly(false, true, false);
  }

  @Test
  void vercelAiSdk() {
    ModelCall call =
        call(
            OtlpJson.span(OtlpJson.TRACE, OtlpJson.SPAN, null, "ai.streamText.doStream")
                .with("operation.name", "ai.streamText.doStream chat")
                .with("ai.operationId", "ai.streamText.doStream")
                .with("ai.telemetry.functionId", "answer-ticket")
                .with("ai.telemetry.metadata.userId", "u-1")
                .with("ai.telemetry.metadata.sessionId", "s-1")
                .with("ai.telemetry.metadata.region", "emea")
                .with("ai.model.id", "gpt-4.1")
                .with("ai.model.provider", "openai.responses")
                .with("ai.response.model", "gpt-4.1-2025-04-14")
                .with("ai.response.id", "resp_1")
                .with("ai.response.msToFirstChunk", 321.5)
                .with("ai.usage.inputTokens", 500)
                .with("ai.usage.cachedInputTokens", 400)
                .with("ai.usage.outputTokens", 80)
                .with("ai.usage.reasoningTokens", 30)
                .with("ai.usage.totalTokens", 580));
    assertThat(call.provider()).isEqualTo("openai");
    assertThat(call.model()).isEqualTo("gpt-4.1-2025-04-14");
    assertThat(call.responseId()).isEqualTo("resp_1");
    assertThat(call.timeToFirstTokenMicros()).isEqualTo(321_500);
    assertThat(call.usage()).isEqualTo(new TokenUsage(500, 80, 400, 0, 0, 30, 0, 0, 0, 0));
    assertThat(call.header().feature()).isEqualTo("answer-ticket");
    assertThat(call.header().user()).isEqualTo("u-1");
    assertThat(call.header().session()).isEqualTo("s-1");
    assertThat(call.header().attributes())
        .containsEntry("region", "emea")
        .doesNotContainKey("userId");
  }

  @Test
  void vercelAiSdkCountsTheProvidersCallAndNotTheFunctionAroundIt() {
    Decoded decoded =
        decode(
            OtlpJson.span(OtlpJson.TRACE, OtlpJson.SPAN, null, "ai.generateText")
                .with("ai.operationId", "ai.generateText")
                .with("ai.model.id", "gpt-4o")
                .with("ai.usage.promptTokens", 20)
                .with("ai.usage.completionTokens", 5),
            OtlpJson.span(
                    OtlpJson.TRACE, "00f067aa0ba902b7", OtlpJson.SPAN, "ai.generateText.doGenerate")
                .with("ai.operationId", "ai.generateText.doGenerate")
                .with("gen_ai.request.model", "gpt-4o")
                .with("ai.usage.promptTokens", 20)
                .with("gen_ai.usage.input_tokens", 20)
                .with("gen_ai.usage.output_tokens", 5));
    assertThat(Ledger.lines(decoded)).containsExactly("00f067aa0ba902b7 gpt-4o 20/5");
  }

  @Test
  void anthropicsOwnBlockSettlesWhatTheSdkLeavesOpen() {
    String block =
        "{\"anthropic\":{\"usage\":{\"input_tokens\":10,\"cache_read_input_tokens\":90,"
            + "\"cache_creation_input_tokens\":0,\"output_tokens\":7}}}";
    // Two versions of the SDK: one reports the provider's input, one has added the cached part.
    for (int input : new int[] {10, 100}) {
      ModelCall call =
          call(
              OtlpJson.chat()
                  .with("ai.usage.inputTokens", input)
                  .with("ai.usage.outputTokens", 7)
                  .with("ai.response.providerMetadata", block));
      assertThat(call.usage().input()).isEqualTo(100);
      assertThat(call.usage().cachedInput()).isEqualTo(90);
    }
  }

  @Test
  void whatAnApplicationDeclaredIsNotMixedWithWhatItsInstrumentationSaw() {
    ModelCall call =
        call(
            OtlpJson.chat()
                .with("langfuse.observation.usage_details", "{\"input\": 10, \"output\": 5}")
                .with("gen_ai.usage.input_tokens", 100)
                .with("gen_ai.usage.output_tokens", 5)
                .with("gen_ai.usage.cache_read.input_tokens", 90));
    assertThat(call.usage()).isEqualTo(TokenUsage.of(10, 5));
  }

  @Test
  void theBlockOfAProviderIsNotMeasuredByTheSdksTotal() {
    ModelCall call =
        call(
            OtlpJson.chat()
                .with("ai.usage.inputTokens", 10)
                .with("ai.usage.outputTokens", 7)
                .with("ai.usage.totalTokens", 17)
                .with("ai.usage.reasoningTokens", 3)
                .with(
                    "ai.response.providerMetadata",
                    "{\"anthropic\":{\"usage\":{\"input_tokens\":10,"
                        + "\"cache_read_input_tokens\":90,\"output_tokens\":7}}}"));
    assertThat(call.usage()).isEqualTo(new TokenUsage(100, 7, 90, 0, 0, 3, 0, 0, 0, 0));
    assertThat(call.header().attributes()).doesNotContainKey("tokenledger.usage.flags");
  }

  @Test
  void mlflowAndLangWatchWriteTheirCountsAsOneObject() {
    ModelCall mlflow =
        call(
            OtlpJson.span(OtlpJson.TRACE, OtlpJson.SPAN, null, "ChatOpenAI")
                .with("mlflow.spanType", "\"CHAT_MODEL\"")
                .with(
                    "mlflow.chat.tokenUsage",
                    "{\"input_tokens\": 10, \"output_tokens\": 5, \"total_tokens\": 15}"));
    assertThat(mlflow.usage()).isEqualTo(TokenUsage.of(10, 5));
    ModelCall langWatch =
        call(
            OtlpJson.span(OtlpJson.TRACE, OtlpJson.SPAN, null, "llm")
                .with("langwatch.span.type", "llm")
                .with("langwatch.thread.id", "thread-1")
                .with(
                    "langwatch.metrics",
                    "{\"type\": \"json\", \"value\": {\"promptTokens\": 7,"
                        + " \"completionTokens\": 2}}"));
    assertThat(langWatch.usage()).isEqualTo(TokenUsage.of(7, 2));
    assertThat(langWatch.header().session()).isEqualTo("thread-1");
  }

  @Test
  void liteLlmNamesItsOperationsAfterItsFunctions() {
    Decoded decoded =
        decode(
            OtlpJson.span(OtlpJson.TRACE, OtlpJson.SPAN, null, "litellm_request")
                .with("gen_ai.operation.name", "acompletion")
                .with("gen_ai.system", "openai")
                .with("gen_ai.request.model", "gpt-4o")
                .with("gen_ai.usage.input_tokens", 10)
                .with("gen_ai.usage.output_tokens", 5)
                .with("gen_ai.usage.total_tokens", 15)
                .with("gen_ai.cost.total_cost", 0.00007)
                .with("metadata.user_api_key_user_id", "u-1"),
            OtlpJson.span(OtlpJson.TRACE, "00f067aa0ba902b7", OtlpJson.SPAN, "raw_gen_ai_request")
                .with("llm.openai.messages", "[]")
                .with("llm.openai.usage", "Usage(completion_tokens=5, prompt_tokens=10)"));
    assertThat(Ledger.lines(decoded)).containsExactly(OtlpJson.SPAN + " gpt-4o 10/5");
    ModelCall call = Ledger.events(decoded, ModelCall.class).get(0);
    assertThat(call.reportedCost().toUsd()).isEqualTo("0.000070000");
    assertThat(call.header().user()).isEqualTo("u-1");
  }

  @Test
  void claudeCode() {
    Decoded decoded =
        decode(
            OtlpJson.span(OtlpJson.TRACE, OtlpJson.SPAN, null, "claude_code.interaction")
                .with("session.id", "s-1"),
            OtlpJson.span(
                    OtlpJson.TRACE, "00f067aa0ba902b7", OtlpJson.SPAN, "claude_code.llm_request")
                .with("gen_ai.system", "anthropic")
                .with("gen_ai.request.model", "claude-sonnet-4-5")
                .with("input_tokens", 4)
                .with("output_tokens", 250)
                .with("cache_read_tokens", 18_000)
                .with("cache_creation_tokens", 600)
                .with("ttft_ms", 900),
            OtlpJson.span(OtlpJson.TRACE, "00f067aa0ba902b8", OtlpJson.SPAN, "claude_code.tool")
                .with("tool_name", "Bash"));
    ModelCall call = Ledger.events(decoded, ModelCall.class).get(0);
    assertThat(call.usage()).isEqualTo(new TokenUsage(18_604, 250, 18_000, 600, 0, 0, 0, 0, 0, 0));
    assertThat(call.timeToFirstTokenMicros()).isEqualTo(900_000);
    assertThat(Ledger.events(decoded, AgentRun.class)).hasSize(1);
    assertThat(Ledger.events(decoded, Step.class).get(0).tool()).isEqualTo("Bash");
  }

  @Test
  void langfusesAmountsStandBesideEachOther() {
    ModelCall call =
        call(
            OtlpJson.chat()
                .with("langfuse.observation.type", "generation")
                .with("langfuse.observation.model.name", "claude-opus-4")
                .with("langfuse.user.id", "u-1")
                .with("langfuse.session.id", "s-1")
                .with("langfuse.environment", "production")
                .with("langfuse.observation.completion_start_time", "\"2025-11-20T10:03:21Z\"")
                .with(
                    "langfuse.observation.usage_details",
                    "{\"input\": 10, \"input_cached_tokens\": 90, \"cache_creation_input_tokens\":"
                        + " 5, \"output\": 20, \"output_reasoning_tokens\": 30}")
                .with("langfuse.observation.cost_details", "{\"input\": 0.1, \"output\": 0.2}"));
    assertThat(call.usage()).isEqualTo(new TokenUsage(105, 50, 90, 5, 0, 30, 0, 0, 0, 0));
    assertThat(call.reportedCost().toUsd()).isEqualTo("0.300000000");
    assertThat(call.timeToFirstTokenMicros()).isEqualTo(1_000_000);
    assertThat(call.header().environment()).isEqualTo("production");
  }

  @Test
  void adkReportsGeminisCandidatesWithoutTheThoughts() {
    ModelCall call =
        call(
            OtlpJson.span(OtlpJson.TRACE, OtlpJson.SPAN, null, "call_llm")
                .with("gen_ai.system", "gcp.vertex.agent")
                .with("gen_ai.request.model", "gemini-2.5-flash")
                .with("gen_ai.usage.input_tokens", 100)
                .with("gen_ai.usage.output_tokens", 50)
                .with("gen_ai.usage.experimental.reasoning_tokens", 10));
    assertThat(call.provider()).isEqualTo("gcp.gen_ai");
    assertThat(call.usage().output()).isEqualTo(60);
    assertThat(call.usage().reasoning()).isEqualTo(10);
  }

  @Test
  void logfiresAnnouncementOfASpanIsNoCall() {
    Decoded decoded =
        decode(
            OtlpJson.chat()
                .with("logfire.span_type", "pending_span")
                .with("gen_ai.system", "openai"));
    assertThat(decoded.events()).isEmpty();
    assertThat(decoded.links()).hasSize(1);
  }

  @Test
  void anAgentWithUsageIsARunAndACallThatMayCount() {
    Decoded decoded =
        decode(
            OtlpJson.span(OtlpJson.TRACE, OtlpJson.SPAN, null, "invoke_agent planner")
                .with("gen_ai.operation.name", "invoke_agent")
                .with("gen_ai.request.model", "gpt-4o")
                .with("gen_ai.usage.input_tokens", 30)
                .with("gen_ai.usage.output_tokens", 3));
    AgentRun run = Ledger.events(decoded, AgentRun.class).get(0);
    assertThat(run.header().id()).isEqualTo(OtlpJson.TRACE + '/' + OtlpJson.SPAN);
    assertThat(run.header().agent()).isEqualTo("planner");
    assertThat(Ledger.lines(decoded)).containsExactly(OtlpJson.SPAN + "#usage gpt-4o 30/3");
    assertThat(decoded.links().get(0).callEventId())
        .isEqualTo(OtlpJson.TRACE + '/' + OtlpJson.SPAN + "#usage");
  }

  @Test
  void anAgentWithoutUsageIsARunAlone() {
    Decoded decoded =
        decode(
            OtlpJson.span(OtlpJson.TRACE, OtlpJson.SPAN, null, "invoke_agent planner")
                .with("gen_ai.operation.name", "invoke_agent")
                .with("gen_ai.usage.input_tokens", 0));
    assertThat(decoded.events()).hasSize(1);
    assertThat(decoded.links().get(0).callEventId()).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "chat, true",
    "generate_content, true",
    "text_completion, true",
    "embeddings, true",
    "rerank, true",
    "invoke_agent, false",
    "execute_tool, false",
    "create_agent, false",
    "invoke_workflow, false",
    "retrieval, false"
  })
  void operationsTellCallsFromTheRest(String operation, boolean isCall) {
    Decoded decoded =
        decode(
            OtlpJson.span(OtlpJson.TRACE, OtlpJson.SPAN, null, operation)
                .with("gen_ai.operation.name", operation)
                .with("gen_ai.request.model", "m"));
    assertThat(Ledger.events(decoded, ModelCall.class)).hasSize(isCall ? 1 : 0);
  }

  @ParameterizedTest
  @CsvSource({
    "429, FAILURE",
    "RateLimitError, FAILURE",
    "openai.APITimeoutError, TIMEOUT",
    "DeadlineExceeded, TIMEOUT",
    "asyncio.CancelledError, CANCELLED",
    "AbortError, CANCELLED"
  })
  void errorsSayHowACallEnded(String type, CallStatus status) {
    ModelCall named =
        call(OtlpJson.chat().set("status", Map.of("code", 2)).with("error.type", type));
    assertThat(named.status()).isEqualTo(status);
    assertThat(named.errorType()).isEqualTo(type);
    ModelCall thrown =
        call(
            OtlpJson.chat()
                .set("status", Map.of("code", "STATUS_CODE_ERROR"))
                .event("exception", "1763633001000000000", "exception.type", type));
    assertThat(thrown.status()).isEqualTo(status);
    assertThat(thrown.errorType()).isEqualTo(type);
  }

  @Test
  void aMessageOfAnErrorIsNotKept() {
    ModelCall call =
        call(OtlpJson.chat().set("status", Map.of("code", 2, "message", "refused: SECRET prompt")));
    assertThat(call.status()).isEqualTo(CallStatus.FAILURE);
    assertThat(call.toString()).doesNotContain("SECRET");
  }

  @Test
  void theResourceSaysEnvironmentServiceAndUserWhereTheSpanDoesNot() {
    Decoded decoded =
        new OtlpTraceDecoder()
            .decodeJson(
                OtlpJson.resource(
                    "{\"attributes\":["
                        + attribute("service.name", "shop")
                        + ','
                        + attribute("deployment.environment.name", "staging")
                        + ','
                        + attribute("tokenledger.tags.team", "search")
                        + ','
                        + attribute("user.id", "u-9")
                        + "]}",
                    OtlpJson.chat().with("tokenledger.feature", "checkout")));
    ModelCall call = Ledger.events(decoded, ModelCall.class).get(0);
    assertThat(call.header().environment()).isEqualTo("staging");
    assertThat(call.header().user()).isEqualTo("u-9");
    assertThat(call.header().feature()).isEqualTo("checkout");
    assertThat(call.header().tags()).isEqualTo(Map.of("service", "shop", "team", "search"));
  }

  @Test
  void aSpanSaysWithItsPlaceWhatTheSpansBeneathItInherit() {
    String middle = "00f067aa0ba902b7";
    String leaf = "00f067aa0ba902b8";
    OtlpJson call =
        OtlpJson.span(OtlpJson.TRACE, leaf, middle, "chat")
            .with("gen_ai.operation.name", "chat")
            .with("gen_ai.provider.name", "openai")
            .with("gen_ai.request.model", "gpt-4o")
            .with("user.id", "u-leaf");
    OtlpJson web =
        OtlpJson.span(OtlpJson.TRACE, middle, OtlpJson.SPAN, "POST").with("user.id", "u-web");
    OtlpJson turn =
        OtlpJson.span(OtlpJson.TRACE, middle, OtlpJson.SPAN, "turn").with("model", "gpt-5.5");
    OtlpJson agent =
        OtlpJson.span(OtlpJson.TRACE, OtlpJson.SPAN, OtlpJson.SPAN, "run")
            .with("gen_ai.operation.name", "invoke_agent")
            .with("gen_ai.agent.name", "planner")
            .with("tokenledger.feature", "checkout")
            .with("user.id", "u-root")
            .with("session.id", "s-root");
    Decoded decoded = decode(call, web, turn, agent);
    assertThat(decoded.links())
        .extracting(SpanLink::names)
        .containsExactly(
            new SpanNames(null, null, "u-leaf", null, "openai", "gpt-4o"),
            SpanNames.NONE,
            new SpanNames(null, null, null, null, null, "gpt-5.5"),
            new SpanNames("planner", "checkout", "u-root", "s-root", null, null));
    assertThat(decoded.links())
        .extracting(SpanLink::event)
        .containsExactly(true, false, false, true);
  }

  @Test
  void declaredMetadataIsKeptForTheDetailView() {
    ModelCall call =
        call(
            OtlpJson.chat()
                .with("metadata", "{\"region\": \"emea\", \"user_id\": \"u\", \"o\": {}}"));
    assertThat(call.header().attributes())
        .containsEntry("region", "emea")
        .doesNotContainKeys("user_id", "o");
  }

  @Test
  void snakeCaseAndNumbersInsteadOfTextAreUnderstood() {
    String body =
        """
        {"resource_spans": [{"scope_spans": [{"spans": [{
          "trace_id": "0AF7651916CD43DD8448EB211C80319C", "span_id": "B7AD6B7169203331",
          "start_time_unix_nano": 1763633000000000000, "end_time_unix_nano": 1763633001000000000,
          "attributes": [
            {"key": "gen_ai.request.model", "value": {"string_value": "gpt-4o"}},
            {"key": "gen_ai.usage", "value": {"kvlist_value": {"values": [
              {"key": "input_tokens", "value": {"int_value": 12}},
              {"key": "output_tokens", "value": {"double_value": 3.0}}]}}}]}]}]}]}""";
    Decoded decoded = new OtlpTraceDecoder().decodeJson(body.getBytes(StandardCharsets.UTF_8));
    assertThat(Ledger.lines(decoded)).containsExactly(OtlpJson.SPAN + " gpt-4o 12/3");
    assertThat(decoded.links().get(0).traceId()).isEqualTo(OtlpJson.TRACE);
  }

  private static String attribute(String key, String value) {
    return "{\"key\":\"" + key + "\",\"value\":{\"stringValue\":\"" + value + "\"}}";
  }

  private static ModelCall call(OtlpJson span) {
    Decoded decoded = decode(span);
    assertThat(decoded.rejected()).isEmpty();
    return Ledger.events(decoded, ModelCall.class).get(0);
  }

  private static Decoded decode(OtlpJson... spans) {
    return new OtlpTraceDecoder().decodeJson(OtlpJson.request((Object[]) spans));
  }
}
