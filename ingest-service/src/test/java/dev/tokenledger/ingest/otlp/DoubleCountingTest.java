package dev.tokenledger.ingest.otlp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.ingest.decode.Decoded;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.event.TokenUsage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ways in which other ledgers have counted the same tokens twice. */
class DoubleCountingTest {
  private static final String A = "00000000000000a1";
  private static final String B = "00000000000000b1";
  private static final String C = "00000000000000c1";

  @Test
  void anAgentsSumIsNotCountedBesideItsCallsInWhateverOrderTheyArrive() {
    Decoded agent = decode(usage(A, null, "invoke_agent", 30, 12));
    Decoded first = decode(usage(B, A, "chat", 10, 5));
    Decoded second = decode(usage(C, A, "chat", 20, 7));
    assertThat(Ledger.lines(agent, first, second))
        .isEqualTo(Ledger.lines(second, first, agent))
        .isEqualTo(Ledger.lines(first, agent, second))
        .containsExactly(B + " gpt-4o 10/5", C + " gpt-4o 20/7");
  }

  @Test
  void aRequestSentTwiceChangesNothing() {
    Decoded request = decode(usage(A, null, "invoke_agent", 10, 5), usage(B, A, "chat", 10, 5));
    assertThat(Ledger.lines(request, request)).containsExactly(B + " gpt-4o 10/5");
  }

  @Test
  void aWrapperAndTheClientBeneathItAreOneCall() {
    Decoded request =
        decode(
            usage(A, null, "chat", 10, 5).with("gen_ai.response.id", "r-1"),
            usage(B, A, "chat", 10, 5).with("gen_ai.response.id", "r-1"));
    assertThat(Ledger.lines(request)).containsExactly(B + " gpt-4o 10/5");
  }

  @Test
  void twoInstrumentationsSideBySideThatNameTheSameAnswerAreOneCall() {
    Decoded request =
        decode(
            usage(B, A, "chat", 10, 5).with("gen_ai.response.id", "r-1"),
            usage(C, A, "chat", 10, 5).with("gen_ai.response.id", "r-1"));
    assertThat(Ledger.lines(request)).containsExactly(B + " gpt-4o 10/5");
  }

  @Test
  void reasoningIsNotAddedToTheOutputThatHoldsIt() {
    ModelCall call =
        call(usage(A, null, "chat", 10, 500).with("gen_ai.usage.reasoning.output_tokens", 400));
    assertThat(call.usage().output()).isEqualTo(500);
    assertThat(call.usage().reasoning()).isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cache_read_input_tokens",
        "gen_ai.usage.cached_input_tokens",
        "gen_ai.usage.input_cached_tokens",
        "gen_ai.usage.details.cache_read_tokens",
        "gen_ai.usage.prompt_tokens_details.cached_tokens",
        "llm.token_count.prompt_details.cache_read",
        "llm.usage.cache_read_input_tokens",
        "ai.usage.cachedInputTokens",
        "ai.usage.inputTokenDetails.cacheReadTokens"
      })
  void cachedTokensAreNotChargedAgainUnderAnySpelling(String name) {
    assertThat(call(usage(A, null, "chat", 1000, 10).with(name, 800)).usage())
        .isEqualTo(new TokenUsage(1000, 10, 800, 0, 0, 0, 0, 0, 0, 0));
  }

  @Test
  void theSameCountUnderSeveralNamesIsOneCount() {
    ModelCall call =
        call(
            usage(A, null, "chat", 1000, 10)
                .with("gen_ai.usage.prompt_tokens", 1000)
                .with("llm.usage.prompt_tokens", 1000)
                .with("llm.token_count.prompt", 1000)
                .with("gen_ai.usage.cache_read.input_tokens", 800)
                .with("gen_ai.usage.cache_read_input_tokens", 800));
    assertThat(call.usage()).isEqualTo(new TokenUsage(1000, 10, 800, 0, 0, 0, 0, 0, 0, 0));
  }

  @Test
  void cachedTokensThatDoNotFitIntoTheInputStandBesideIt() {
    ModelCall call =
        call(
            OtlpJson.chat()
                .with("gen_ai.request.model", "claude-sonnet-4")
                .with("gen_ai.usage.input_tokens", 4)
                .with("gen_ai.usage.output_tokens", 256)
                .with("gen_ai.usage.cache_read.input_tokens", 1167));
    assertThat(call.usage().input()).isEqualTo(1171);
    assertThat(call.header().attributes()).containsEntry("tokenledger.usage.flags", "cache_moved");
  }

  @Test
  void theTotalTellsWhereCachedTokensStand() {
    ModelCall call =
        call(
            usage(A, null, "chat", 1000, 10)
                .with("gen_ai.usage.cache_read.input_tokens", 800)
                .with("gen_ai.usage.total_tokens", 1810));
    assertThat(call.usage().input()).isEqualTo(1800);
  }

  @Test
  void detailsOfTheProviderAreNotSummedIntoTheTotal() {
    ModelCall call =
        call(
            usage(A, null, "chat", 100, 50)
                .with("gen_ai.usage.total_tokens", 150)
                .with("gen_ai.usage.details.input_audio_tokens", 30)
                .with("gen_ai.usage.details.output_audio_tokens", 20)
                .with("gen_ai.usage.details.accepted_prediction_tokens", 7)
                .with("gen_ai.usage.details.text_prompt_tokens", 70));
    assertThat(call.usage()).isEqualTo(new TokenUsage(100, 50, 0, 0, 0, 0, 30, 20, 0, 0));
  }

  private static OtlpJson usage(
      String spanId, String parentSpanId, String operation, int input, int output) {
    return OtlpJson.span(OtlpJson.TRACE, spanId, parentSpanId, operation)
        .with("gen_ai.operation.name", operation)
        .with("gen_ai.request.model", "gpt-4o")
        .with("gen_ai.usage.input_tokens", input)
        .with("gen_ai.usage.output_tokens", output);
  }

  private static ModelCall call(OtlpJson span) {
    return Ledger.events(decode(span), ModelCall.class).get(0);
  }

  private static Decoded decode(OtlpJson... spans) {
    return new OtlpTraceDecoder().decodeJson(OtlpJson.request((Object[]) spans));
  }
}
