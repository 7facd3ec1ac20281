package dev.tokenledger.ingest.pricing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tokenledger.model.event.BillableUnits;
import dev.tokenledger.model.event.Pricing;
import dev.tokenledger.model.event.Pricing.Priced;
import dev.tokenledger.model.event.TokenUsage;
import dev.tokenledger.model.price.Catalogue;
import dev.tokenledger.model.price.PriceBook;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The built-in catalogue against the lists it was made from, and against another one. */
class BuiltInCatalogueTest {
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
  private static final PriceBook BOOK = PriceBook.of(Catalogue.builtIn().prices());

  /**
   * Where the lists contradict each other about the standard price; ours follows LiteLLM's. For
   * gemini-2.0-flash-001 both are right: it costs differently at Google's two doors.
   */
  private static final Set<String> DISPUTED =
      Set.of(
          "gpt-3.5-turbo-16k",
          "gpt-5.6-terra",
          "gpt-5.6-luna",
          "gemini-2.0-flash-001",
          "gemini-3.6-flash");

  private static long nanos(String model, TokenUsage usage) {
    Pricing pricing = BOOK.price(1, null, model, null, NOW, usage, BillableUnits.NONE);
    assertThat(pricing).as(model).isInstanceOf(Priced.class);
    return ((Priced) pricing).cost().total();
  }

  @Test
  void theToolWritesTheCatalogueThatIsBuiltIn(@TempDir Path dir) throws IOException {
    Path out = dir.resolve("catalogue.tsv");
    ByteArrayOutputStream report = new ByteArrayOutputStream();

    CatalogueTool.write(
        SharedPrices.LITELLM,
        SharedPrices.CHANGES,
        SharedPrices.LEARNED,
        out,
        new PrintStream(report, true, StandardCharsets.UTF_8));

    try (InputStream builtIn =
        Objects.requireNonNull(Catalogue.class.getResourceAsStream("catalogue.tsv"))) {
      assertThat(Files.readString(out))
          .isEqualTo(new String(builtIn.readAllBytes(), StandardCharsets.UTF_8));
    }
    assertThat(report.toString(StandardCharsets.UTF_8)).contains("skipped: no price");
  }

  @ParameterizedTest
  @CsvSource({
    // model, dollars for a million input tokens, for a million output tokens
    "gpt-4o, 2.5, 10",
    "gpt-4o-2024-05-13, 5, 15",
    "gpt-4o-mini, 0.15, 0.6",
    "gpt-4.1, 2, 8",
    "gpt-4.1-mini, 0.4, 1.6",
    "gpt-4.1-nano, 0.1, 0.4",
    "gpt-5, 1.25, 10",
    "gpt-5-mini, 0.25, 2",
    "gpt-5-nano, 0.05, 0.4",
    "o1, 15, 60",
    "o3, 2, 8",
    "o4-mini, 1.1, 4.4",
    "gpt-4, 30, 60",
    "gpt-4-turbo, 10, 30",
    "gpt-3.5-turbo, 0.5, 1.5",
    "text-embedding-3-large, 0.13, 0",
    "claude-3-haiku-20240307, 0.25, 1.25",
    "claude-3-opus-20240229, 15, 75",
    "claude-3-5-sonnet-20241022, 3, 15",
    "claude-3-5-haiku-20241022, 0.8, 4",
    "claude-haiku-4-5, 1, 5",
    "claude-opus-4-1, 15, 75",
    "gemini/gemini-2.0-flash, 0.1, 0.4",
    "gemini/gemini-2.5-flash, 0.3, 2.5",
    "gemini/gemini-2.5-flash-lite, 0.1, 0.4",
    "mistral/mistral-large-latest, 0.5, 1.5",
    "command-r-plus, 2.5, 10",
    "command-r, 0.15, 0.6",
    "deepseek/deepseek-chat, 0.28, 0.42",
    "xai/grok-3-mini, 0.3, 0.5",
    "groq/llama-3.3-70b-versatile, 0.59, 0.79",
    "groq/llama-3.1-8b-instant, 0.05, 0.08",
    "perplexity/sonar-pro, 3, 15",
    "bedrock/amazon.nova-pro-v1:0, 0.8, 3.2",
    "bedrock/amazon.nova-micro-v1:0, 0.035, 0.14",
  })
  void wellKnownModelsCostWhatTheirProvidersPublish(String model, String in, String out) {
    // A hundred thousand tokens: below every size tier.
    assertThat(nanos(model, TokenUsage.of(100_000, 0)))
        .isEqualTo(new BigDecimal(in).movePointRight(8).longValueExact());
    assertThat(nanos(model, TokenUsage.of(1, 100_000)) - nanos(model, TokenUsage.of(1, 0)))
        .isEqualTo(new BigDecimal(out).movePointRight(8).longValueExact());
  }

  @Test
  void anotherCatalogueAgreesWhereTheyAreNotKnownToDiffer() throws IOException {
    List<String> agreed = new ArrayList<>();
    List<String> differ = new ArrayList<>();
    for (JsonNode model : SharedPrices.json(SharedPrices.LANGFUSE)) {
      String name = model.path("modelName").asText();
      JsonNode prices = model.at("/pricingTiers/0/prices");
      if (!prices.path("input").isNumber()
          || !prices.path("output").isNumber()
          || !name.matches("gpt-.*|o\\d.*|claude-.*|gemini-.*|text-embedding-3.*")
          || BOOK.find(1, null, name, NOW).isEmpty()) {
        continue;
      }
      TokenUsage usage = TokenUsage.of(100_000, 10_000);
      Pricing ours = BOOK.price(1, null, name, null, NOW, usage, BillableUnits.NONE);
      BigDecimal theirs =
          prices
              .get("input")
              .decimalValue()
              .movePointRight(14)
              .add(prices.get("output").decimalValue().movePointRight(13));
      boolean same =
          ours instanceof Priced priced
              && theirs.compareTo(BigDecimal.valueOf(priced.cost().total())) == 0;
      (same ? agreed : differ).add(name);
    }
    assertThat(differ).containsExactlyInAnyOrderElementsOf(DISPUTED);
    assertThat(agreed).hasSizeGreaterThan(70);
  }

  @Test
  void aPriceThatChangedIsThatOfTheDay() {
    TokenUsage usage = TokenUsage.of(1_000_000, 0);
    Pricing before =
        BOOK.price(
            1,
            "openai",
            "o3",
            null,
            Instant.parse("2025-06-10T23:59:59Z"),
            usage,
            BillableUnits.NONE);
    Pricing after =
        BOOK.price(
            1,
            "openai",
            "o3",
            null,
            Instant.parse("2025-06-11T00:00:00Z"),
            usage,
            BillableUnits.NONE);

    assertThat(((Priced) before).cost().total()).isEqualTo(10_000_000_000L);
    assertThat(((Priced) after).cost().total()).isEqualTo(2_000_000_000L);
    assertThat(((Priced) after).priceVersion()).isEqualTo("builtin/2025-06-11/openai/o3");
  }
}
