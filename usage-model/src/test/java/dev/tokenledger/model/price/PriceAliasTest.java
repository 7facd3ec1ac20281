package dev.tokenledger.model.price;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.model.event.Pricing.UnpricedReason;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How names are resolved in the catalogue that comes with the product. */
class PriceAliasTest {
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
  private static final PriceBook BOOK = PriceBook.of(Catalogue.builtIn().prices());

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      nullValues = "-",
      textBlock =
          """
          # provider     , model as reported                                      , catalogue
          -              , gpt-4o                                                 , openai/gpt-4o
          -              , GPT-4o-Mini                                            , openai/gpt-4o-mini
          openai         , gpt-4o-2024-08-06                                      , openai/gpt-4o-2024-08-06
          openai         , gpt-4o-2024-05-13                                      , openai/gpt-4o-2024-05-13
          -              , openai/gpt-4o-2024-08-06                               , openai/gpt-4o-2024-08-06
          -              , gpt-4o-2099-01-01                                      , openai/gpt-4o
          openai.chat    , gpt-4o                                                 , openai/gpt-4o
          -              , litellm_proxy/openai/gpt-4o                            , openai/gpt-4o
          -              , ft:gpt-4o-mini-2024-07-18:acme::a1b2                   , openai/ft:gpt-4o-mini-2024-07-18
          -              , azure/gpt-4o                                           , azure/gpt-4o
          azure          , gpt-4o-2024-08-06                                      , azure/gpt-4o-2024-08-06
          azure.ai.openai, gpt-4o                                                 , azure/gpt-4o
          az.ai.openai   , openai/gpt-4o                                          , azure/gpt-4o
          azure          , gpt-35-turbo                                           , azure/gpt-35-turbo
          anthropic      , claude-sonnet-4-5                                      , anthropic/claude-sonnet-4-5
          -              , anthropic/claude-sonnet-4.5                            , anthropic/claude-sonnet-4-5
          -              , claude-3-5-sonnet-20241022                             , anthropic/claude-3-5-sonnet-20241022
          -              , claude-3-5-haiku-latest                                , anthropic/claude-3-5-haiku-latest
          anthropic      , claude-3-7-sonnet-latest                               , anthropic/claude-3-7-sonnet-20250219
          my-gateway     , claude-sonnet-4-5                                      , anthropic/claude-sonnet-4-5
          aws.bedrock    , anthropic.claude-3-5-sonnet-20241022-v2:0              , bedrock/anthropic.claude-3-5-sonnet-20241022-v2:0
          aws.bedrock    , us.anthropic.claude-sonnet-4-5-20250929-v1:0           , bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0
          -              , bedrock/us-east-1.anthropic.claude-3-5-sonnet-20241022-v2:0 , bedrock/anthropic.claude-3-5-sonnet-20241022-v2:0
          -              , bedrock/converse/anthropic.claude-3-5-sonnet-20241022-v2:0 , bedrock/anthropic.claude-3-5-sonnet-20241022-v2:0
          -              , arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0 , bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0
          aws_bedrock    , amazon.nova-pro-v1:0                                   , bedrock/amazon.nova-pro-v1:0
          gcp.vertex_ai  , gemini-2.5-pro                                         , vertex_ai/gemini-2.5-pro
          gcp.gemini     , models/gemini-2.5-pro                                  , gemini/gemini-2.5-pro
          google         , gemini-2.0-flash                                       , gemini/gemini-2.0-flash
          -              , gemini/gemini-2.5-flash                                , gemini/gemini-2.5-flash
          -              , projects/p/locations/l/publishers/google/models/gemini-2.5-flash , vertex_ai/gemini-2.5-flash
          gcp.vertex_ai  , claude-3-5-haiku@20241022                              , vertex_ai/claude-3-5-haiku@20241022
          openrouter     , anthropic/claude-sonnet-4                              , openrouter/anthropic/claude-sonnet-4
          -              , openrouter/anthropic/claude-sonnet-4                   , openrouter/anthropic/claude-sonnet-4
          x_ai           , grok-4                                                 , xai/grok-4
          mistral_ai     , mistral-large-latest                                   , mistral/mistral-large-latest
          deepseek       , deepseek-chat                                          , deepseek/deepseek-chat
          -              , deepseek/deepseek-chat                                 , deepseek/deepseek-chat
          cohere         , command-r-plus                                         , cohere/command-r-plus
          -              , llama-3.3-70b-versatile                                , groq/llama-3.3-70b-versatile
          together       , meta-llama/Llama-3.3-70B-Instruct-Turbo                , together_ai/meta-llama/Llama-3.3-70B-Instruct-Turbo
          fireworks      , accounts/fireworks/models/deepseek-v3                  , fireworks_ai/accounts/fireworks/models/deepseek-v3
          perplexity     , sonar-pro                                              , perplexity/sonar-pro
          """)
  void reportedNamesFindTheirPrice(@Nullable String provider, String model, String expected) {
    PriceExplanation found = BOOK.explain(1, provider, model, NOW);

    assertThat(found.price()).as(found.toString()).isNotNull();
    assertThat(found.price().provider() + "/" + found.price().model()).isEqualTo(expected);
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      nullValues = "-",
      textBlock =
          """
          -          , gpt-99
          -          , my-gpt-4o
          -          , gpt-4o-tuned-by-us
          -          , gpt
          -          , acme/gpt-4o
          -          , openai/gpt-oss-120b
          groq       , gpt-4o
          openrouter , google/gemma-3-27b-it:free
          openrouter , google/gemma-3-27b-it:nitro
          vllm       , llama3
          vllm       , mistral-small-latest
          vllm       , mistral/mistral-small-latest
          -          , hosted_vllm/mistral-small-latest
          -          , /
          -          , openai/
          -          , ft:
          """)
  void unknownNamesStayUnknown(@Nullable String provider, String model) {
    PriceExplanation found = BOOK.explain(1, provider, model, NOW);

    assertThat(found.price()).as(found.toString()).isNull();
    assertThat(found.reason()).isEqualTo(UnpricedReason.UNKNOWN_MODEL);
  }

  @Test
  void pydanticAisNameOfGooglesOwnApiIsThatApi() {
    assertThat(Providers.canonical("google-gla")).isEqualTo("gemini");
  }

  @Test
  void anExactEntryWinsOverOneWithoutItsDate() {
    PriceBook book =
        PriceBook.of(
            List.of(
                Prices.price("openai", "m", "input=1"),
                Prices.price("openai", "m-2024-05-13", "input=5")));

    assertThat(model(book, "openai", "m-2024-05-13")).isEqualTo("m-2024-05-13");
    assertThat(book.explain(1, "openai", "m-2024-05-13", NOW).steps()).isEmpty();
    assertThat(model(book, "openai", "m-2024-08-06")).isEqualTo("m");
    assertThat(book.explain(1, "openai", "m-2024-08-06", NOW).steps())
        .containsExactly("snapshot date left out");
  }

  @Test
  void aProvidersOwnEntryWinsWhenItIsNamed() {
    PriceBook book =
        PriceBook.of(
            List.of(
                Prices.price("openai", "m", "input=1"),
                Prices.price("azure", "m", "input=2"),
                Prices.price("groq", "m", "input=3")));

    assertThat(provider(book, "azure", "m")).isEqualTo("azure");
    assertThat(provider(book, "groq", "m")).isEqualTo("groq");
    assertThat(provider(book, null, "groq/m")).isEqualTo("groq");
    assertThat(provider(book, null, "m")).isEqualTo("openai");
    assertThat(provider(book, "perplexity", "m")).isNull();
  }

  @Test
  void aBareNameOfSeveralHostsHasAPriceOnlyIfTheyAgree() {
    PriceBook book =
        PriceBook.of(
            List.of(
                Prices.price("groq", "agreed", "input=1"),
                Prices.price("deepinfra", "agreed", "input=1"),
                Prices.price("groq", "disputed", "input=1"),
                Prices.price("deepinfra", "disputed", "input=2")));

    assertThat(model(book, null, "agreed")).isEqualTo("agreed");
    assertThat(model(book, null, "disputed")).isNull();
  }

  @Test
  void whatOneHostGivesAwayIsNotFreeAtAnother() {
    PriceBook book =
        PriceBook.of(
            List.of(
                Prices.price("gemini", "gemma-3", "input=0 output=0"),
                Prices.price("ollama", "llama", "input=0 output=0")));

    assertThat(model(book, "gemini", "gemma-3")).isEqualTo("gemma-3");
    assertThat(model(book, "openrouter", "google/gemma-3")).isNull();
    assertThat(model(book, null, "llama")).isNull();
    assertThat(model(book, "ollama", "llama")).isEqualTo("llama");
  }

  @Test
  void anUndatedNameIsPricedByItsSnapshotsOnlyIfTheyAgree() {
    PriceBook book =
        PriceBook.of(
            List.of(
                Prices.price("openai", "a-2024-01-01", "input=1"),
                Prices.price("openai", "a-2024-06-01", "input=1"),
                Prices.price("openai", "b-2024-01-01", "input=1"),
                Prices.price("openai", "b-2024-06-01", "input=2")));

    assertThat(book.explain(1, "openai", "a", NOW).steps())
        .containsExactly("all its snapshots cost the same");
    assertThat(model(book, "openai", "b")).isNull();
  }

  private static @Nullable String model(PriceBook book, @Nullable String provider, String model) {
    return book.find(1, provider, model, NOW).map(Price::model).orElse(null);
  }

  private static @Nullable String provider(
      PriceBook book, @Nullable String provider, String model) {
    return book.find(1, provider, model, NOW).map(Price::provider).orElse(null);
  }
}
