package dev.tokenledger.ingest.otlp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.ingest.decode.Decoded;
import dev.tokenledger.model.event.AgentRun;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.event.Step;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Real runs of agent frameworks. Each call that counts is named by span, model and tokens; where
 * another product computed something else from the same trace, the reason stands beside it.
 */
class FrameworkTracesTest {

  @Test
  void everyRecordedTraceHasItsExpectationHere() throws IOException {
    assertThat(SharedData.files("otel-genai/framework-traces", ".otlp.json"))
        .containsExactly(
            "agno-2025-06-11.otlp.json",
            "claude-agent-2025-12-22.otlp.json",
            "csharp-agent-with-gemini-2026-03-09.otlp.json",
            "google-gemini-2025-08-01.otlp.json",
            "llamaindex-2025-06-05.otlp.json",
            "openai-agents-2025-09-30.otlp.json",
            "pydantic-ai-tools-2025-06-06.otlp.json",
            "pydantic-ai-with-gemini-2025-12-24.otlp.json",
            "vertex-ai-2025-08-01.otlp.json");
  }

  /**
   * The spans hold no counts, but the provider's answers as their output, usage block included.
   * Langfuse ran its own tokeniser over the text instead (1568/423 and 542/235) and counted the
   * client's spans (663/225 and 163/20, the truth) beside it.
   */
  @Test
  void agno() throws IOException {
    Decoded trace = decode("agno-2025-06-11");
    assertThat(Ledger.lines(trace))
        .containsExactly(
            "b38a82eaa62b551e gpt-4o-mini-2024-07-18 663/225",
            "ca136de468e156c9 gpt-4o-mini-2024-07-18 163/20");
    assertThat(Ledger.events(trace, AgentRun.class)).hasSize(1);
    assertThat(Ledger.events(trace, Step.class))
        .extracting(Step::tool)
        .containsOnly("duckduckgo_search");
    assertThat(Ledger.events(trace, ModelCall.class))
        .extracting(ModelCall::responseId)
        .containsExactly(
            "chatcmpl-BhGJDsZlpk55owZCjMyJl8TOGqk0H", "chatcmpl-BhGJAW79iSsHO7ES5wgoTga4hQFyn");
  }

  /**
   * The instrumented client beneath each of agno's spans was left out of the recording. As it
   * reports the same answers, one record of each counts, whichever request arrives first.
   */
  @Test
  void agnoWithTheClientsSpansThatTheRecordingLost() throws IOException {
    Decoded wrappers = decode("agno-2025-06-11");
    Decoded clients =
        new OtlpTraceDecoder()
            .decodeJson(
                OtlpJson.request(
                    client("fc7f61b57ecebbaf", "b38a82eaa62b551e", 663, 225),
                    client("1f883bb9668167c0", "ca136de468e156c9", 163, 20)));
    List<String> expected =
        List.of("1f883bb9668167c0 gpt-4o-mini 163/20", "fc7f61b57ecebbaf gpt-4o-mini 663/225");
    assertThat(Ledger.lines(wrappers, clients)).isEqualTo(expected);
    assertThat(Ledger.lines(clients, wrappers)).isEqualTo(expected);
  }

  /**
   * LangSmith's exporter sent no usage at all; what Langfuse shows (5/94, 5/56, 5/53, 19/29) it
   * counted itself in the text. We keep four calls of unknown size rather than guess.
   */
  @Test
  void claudeAgent() throws IOException {
    Decoded trace = decode("claude-agent-2025-12-22");
    assertThat(Ledger.lines(trace))
        .containsExactly(
            "2cc13e77781787fd claude-sonnet-4-5-20250929 0/0",
            "371496f71d82baed claude-sonnet-4-5-20250929 0/0",
            "e9aac170e5d48125 claude-sonnet-4-5-20250929 0/0",
            "f8e8f040dc94e67e claude-sonnet-4-5-20250929 0/0");
    assertThat(Ledger.events(trace, Step.class))
        .extracting(Step::tool)
        .containsOnly("mcp__weather__get_weather")
        .hasSize(2);
  }

  /** Both spans {@code orchestrate_tools} carry the sums of the chats beneath: not counted. */
  @Test
  void csharpAgentWithGemini() throws IOException {
    Decoded trace = decode("csharp-agent-with-gemini-2026-03-09");
    assertThat(Ledger.lines(trace))
        .containsExactly(
            "50d470aa18418652 gemini-2.5-flash 3004/167",
            "c651c1dac855f97e gemini-2.5-flash 2546/47",
            "cb394d8e10fdda0f gemini-2.5-flash 2497/200");
    assertThat(Ledger.events(trace, ModelCall.class))
        .filteredOn(call -> call.header().id().endsWith("#usage"))
        .extracting(Ledger::line)
        .containsExactlyInAnyOrder(
            "8b9b68803d88be77#usage null 2497/200", "f858b986537e9e41#usage null 5550/214");
    assertThat(Ledger.events(trace, Step.class)).hasSize(2);
    assertThat(trace.events())
        .allSatisfy(draft -> assertThat(draft.event().header().environment()).isEqualTo("preprod"));
  }

  /**
   * 2055 already holds the 1104 thoughts, as the total 2061 = 6 + 2055 shows. As Langfuse has it.
   */
  @Test
  void googleGemini() throws IOException {
    Decoded trace = decode("google-gemini-2025-08-01");
    assertThat(Ledger.lines(trace)).containsExactly("b7a63ca7e1d083bc gemini-2.5-flash 6/2055");
    assertThat(Ledger.events(trace, ModelCall.class).get(0).usage().reasoning()).isEqualTo(1104);
  }

  @Test
  void llamaIndex() throws IOException {
    assertThat(Ledger.lines(decode("llamaindex-2025-06-05")))
        .containsExactly("7ca8b22f6628d0c7 gpt-4o 13/81");
  }

  @Test
  void openAiAgents() throws IOException {
    Decoded trace = decode("openai-agents-2025-09-30");
    assertThat(Ledger.lines(trace))
        .containsExactly(
            "90d94774e8e3724d gpt-4.1-2025-04-14 85/29",
            "98870087af69bf06 gpt-4.1-2025-04-14 55/15");
    assertThat(Ledger.events(trace, AgentRun.class))
        .extracting(run -> run.header().agent())
        .containsExactly("Agent workflow", "Hello world");
    assertThat(Ledger.events(trace, Step.class))
        .extracting(Step::tool)
        .containsExactly("get_weather");
  }

  /**
   * The agent's span repeats the usage of its one chat; only the chat counts. As Langfuse has it.
   */
  @Test
  void pydanticAiTools() throws IOException {
    Decoded trace = decode("pydantic-ai-tools-2025-06-06");
    assertThat(Ledger.lines(trace)).containsExactly("5cb389a3bdd21a6e gpt-4o-2024-08-06 31/96");
    assertThat(Ledger.events(trace, AgentRun.class))
        .extracting(run -> run.header().agent())
        .containsExactly("qa_agent");
    assertThat(Ledger.events(trace, ModelCall.class)).hasSize(2);
  }

  /** The reported cost is that of 159 output tokens: the 121 thoughts are held by them. */
  @Test
  void pydanticAiWithGemini() throws IOException {
    Decoded trace = decode("pydantic-ai-with-gemini-2025-12-24");
    assertThat(Ledger.lines(trace)).containsExactly("8ffb64580a84a3f0 gemini-2.5-flash 40/159");
    ModelCall call = Ledger.events(trace, ModelCall.class).get(0);
    assertThat(call.usage().reasoning()).isEqualTo(121);
    assertThat(call.reportedCost().toUsd()).isEqualTo("0.000409500");
    assertThat(call.responseId()).isEqualTo("r4FLad_IHojq1e8Pt6i7GA");
  }

  /**
   * The instrumentation left the thoughts out of the completion (845), yet the total is 2023: 1173
   * tokens that Google bills as output. Langfuse shows the total and charges 850 tokens.
   */
  @Test
  void vertexAi() throws IOException {
    Decoded trace = decode("vertex-ai-2025-08-01");
    assertThat(Ledger.lines(trace)).containsExactly("125abcbf5c41f4df gemini-2.5-flash 5/2018");
    assertThat(Ledger.events(trace, ModelCall.class).get(0).usage().reasoning()).isEqualTo(1173);
  }

  @Test
  void noSpanOfARealTraceIsRefusedAndEachHasItsLink() throws IOException {
    for (String file : SharedData.files("otel-genai/framework-traces", ".otlp.json")) {
      Decoded trace = decode(file.replace(".otlp.json", ""));
      assertThat(trace.rejected()).as(file).isEmpty();
      assertThat(trace.links()).as(file).hasSize(trace.items());
    }
  }

  private static String client(String spanId, String parentSpanId, int input, int output) {
    return OtlpJson.span(
            "080130871f53145aecf7c29d5dfb6e4c", spanId, parentSpanId, "chat gpt-4o-mini")
        .with("gen_ai.operation.name", "chat")
        .with("gen_ai.system", "openai")
        .with("gen_ai.request.model", "gpt-4o-mini")
        .with("gen_ai.usage.input_tokens", input)
        .with("gen_ai.usage.output_tokens", output)
        .toString();
  }

  private static Decoded decode(String name) throws IOException {
    return new OtlpTraceDecoder()
        .decodeJson(SharedData.bytes("otel-genai/framework-traces/" + name + ".otlp.json"));
  }
}
