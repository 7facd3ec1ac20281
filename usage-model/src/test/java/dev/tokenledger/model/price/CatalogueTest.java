package dev.tokenledger.model.price;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.StringReader;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CatalogueTest {
  private static final String HEADER =
      "!format\t1\n!source\ttest\n!learned\t2026-07-24\n!notice\tnone\n";

  private static Catalogue read(String text) throws IOException {
    return CatalogueReader.read(new StringReader(text));
  }

  @Test
  void aLineIsAPrice() throws IOException {
    Catalogue catalogue =
        read(
            HEADER
                + "# a comment\n\n"
                + "openai\tgpt-4o\t2025-01-02\t2026-01-13\tinput=2.5 input@batch=1.25"
                + " input>200000=5 per_search=0.01\n");

    Price price = catalogue.prices().get(0);
    assertThat(price.version()).isEqualTo("test/2025-01-02/openai/gpt-4o");
    assertThat(price.from()).isEqualTo("2025-01-02T00:00:00Z");
    assertThat(price.until()).isEqualTo(Instant.parse("2026-01-13T00:00:00Z"));
    assertThat(price.recordedAt()).isEqualTo("2026-07-24T00:00:00Z");
    assertThat(price.unitPrices())
        .containsExactly(
            new UnitPrice(UnitKind.INPUT, ServiceTier.STANDARD, 0, 2_500_000_000L),
            new UnitPrice(UnitKind.INPUT, ServiceTier.STANDARD, 200_000, 5_000_000_000L),
            new UnitPrice(UnitKind.INPUT, ServiceTier.BATCH, 0, 1_250_000_000L),
            new UnitPrice(UnitKind.PER_SEARCH, ServiceTier.STANDARD, 0, 10_000_000_000_000L));
  }

  @Test
  void whatIsWrittenIsReadAgain() throws IOException {
    Catalogue builtIn = Catalogue.builtIn();
    StringBuilder text = new StringBuilder();

    CatalogueWriter.write(builtIn, text);

    Catalogue again = read(text.toString());
    assertThat(again.prices()).containsExactlyInAnyOrderElementsOf(builtIn.prices());
    assertThat(again.notice()).isEqualTo(builtIn.notice());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "openai\tm\t-\t-",
        "openai\tm\t-\t-\tinput=1\tmore",
        "openai\tm\t-\t-\t",
        "openai\tm\t-\t-\tinput",
        "openai\tm\t-\t-\tinput=",
        "openai\tm\t-\t-\tinput=-1",
        "openai\tm\t-\t-\tinput=1  output=1",
        "openai\tm\t-\t-\tinput=1 input=2",
        "openai\tm\t-\t-\tinput=NaN",
        "openai\tm\t-\t-\tinput=1e99",
        "openai\tm\t-\t-\tinput@weekend=1",
        "openai\tm\t-\t-\tinput>many=1",
        "openai\tm\t-\t-\tinput>-1=1",
        "openai\tm\t-\t-\twater=1",
        "openai\tm\tyesterday\t-\tinput=1",
        "openai\tm\t2026-02-30\t-\tinput=1",
        "openai\tm\t2026-02-03\t2026-02-03\tinput=1",
        "openai\t\t-\t-\tinput=1",
        "\tm\t-\t-\tinput=1",
        "!format\t1",
        "!colour\tblue",
      })
  void whatIsNotUnderstoodIsAnErrorThatNamesTheLine(String line) {
    assertThatThrownBy(() -> read(HEADER + line + "\n"))
        .isInstanceOf(CatalogueFormatException.class)
        .hasMessageContaining("line 5:");
  }

  @Test
  void aVersionIsUniqueAndTheHeaderComplete() {
    String line = "openai\tm\t-\t-\tinput=1\n";
    assertThatThrownBy(() -> read(HEADER + line + line)).hasMessageContaining("line 6: a second");
    assertThatThrownBy(() -> read("!format\t2\n")).hasMessageContaining("format 2");
    assertThatThrownBy(() -> read("!format\t1\n" + line)).hasMessageContaining("!source");
    assertThatThrownBy(() -> read("")).hasMessageContaining("is missing");
  }

  @Test
  void theFormHoldsWholeDaysAndNamedProvidersOnly() {
    Price noon =
        Prices.price(
            "p", "m", Instant.parse("2026-01-01T12:00:00Z"), null, Prices.LEARNED, "input=1");
    Price anybodys = Prices.price(null, "m", "input=1");

    assertThatThrownBy(() -> write(noon)).hasMessageContaining("not the beginning of a day");
    assertThatThrownBy(() -> write(anybodys)).hasMessageContaining("without a provider");
  }

  private static void write(Price price) throws IOException {
    Catalogue catalogue = new Catalogue("test", LocalDate.of(2026, 7, 24), "none", List.of(price));
    CatalogueWriter.write(catalogue, new StringBuilder());
  }

  @Test
  void theBuiltInCatalogueKnowsTheLargeProvidersAndItsAge() {
    Catalogue catalogue = Catalogue.builtIn();

    assertThat(catalogue.prices().stream().map(Price::provider).collect(Collectors.toSet()))
        .contains(
            "openai",
            "azure",
            "azure_ai",
            "anthropic",
            "bedrock",
            "gemini",
            "vertex_ai",
            "mistral",
            "xai",
            "deepseek",
            "cohere",
            "groq",
            "together_ai",
            "fireworks_ai",
            "openrouter",
            "perplexity");
    assertThat(catalogue.prices()).hasSizeGreaterThan(2_500);
    assertThat(catalogue.age(Instant.parse("2026-11-20T00:00:00Z")))
        .isEqualTo(Duration.ofDays(119));
    assertThat(catalogue.prices().stream().map(Price::version)).doesNotHaveDuplicates();
  }

  @Test
  void builtInPricesOfOneModelDoNotOverlap() {
    Catalogue.builtIn().prices().stream()
        .collect(Collectors.groupingBy(p -> p.provider() + " " + p.model()))
        .forEach(
            (model, prices) -> {
              for (Price one : prices) {
                assertThat(prices.stream().filter(p -> p.holdsAt(one.from()))).as(model).hasSize(1);
              }
            });
  }
}
