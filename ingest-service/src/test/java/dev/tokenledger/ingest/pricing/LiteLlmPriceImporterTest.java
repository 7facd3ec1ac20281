package dev.tokenledger.ingest.pricing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tokenledger.ingest.pricing.LiteLlmPriceImporter.Imported;
import dev.tokenledger.ingest.pricing.LiteLlmPriceImporter.Skipped;
import dev.tokenledger.ingest.pricing.LiteLlmPriceImporter.Terms;
import dev.tokenledger.model.event.BillableUnits;
import dev.tokenledger.model.event.CostBreakdown;
import dev.tokenledger.model.event.Pricing.Priced;
import dev.tokenledger.model.event.TokenUsage;
import dev.tokenledger.model.price.Price;
import dev.tokenledger.model.price.ServiceTier;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LiteLlmPriceImporterTest {

  private static Imported read(String json) throws IOException {
    InputStream in = new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8));
    return new LiteLlmPriceImporter().read(in, new Terms("litellm", SharedPrices.LEARNED, null));
  }

  private static Price one(String entry) throws IOException {
    return read("{\"m\": " + entry + "}").prices().get(0);
  }

  private static CostBreakdown cost(
      Price price, ServiceTier tier, TokenUsage usage, BillableUnits units) {
    return ((Priced) price.cost(tier, usage, units)).cost();
  }

  @Test
  void everyEntryOfTheRealFileIsAPriceOrSkippedWithAReason() throws IOException {
    JsonNode file = SharedPrices.json(SharedPrices.LITELLM);

    Imported imported = SharedPrices.imported();

    Set<String> seen = new HashSet<>(imported.byEntry().keySet());
    for (Skipped skipped : imported.skipped()) {
      assertThat(seen.add(skipped.entry())).as(skipped.entry()).isTrue();
      assertThat(skipped.reason()).isNotBlank();
    }
    Set<String> entries = new HashSet<>();
    file.fieldNames().forEachRemaining(entries::add);
    assertThat(seen).isEqualTo(entries);
    assertThat(imported.byEntry()).hasSizeGreaterThan(2_700);
  }

  @Test
  void everyPriceFieldOfTheRealFileIsReadOrLeftOutForAReason() throws IOException {
    Set<String> handledApart =
        Set.of(
            "tiered_pricing",
            "search_context_cost_per_query",
            "input_cost_per_token_cache_hit",
            "input_cost_per_audio_per_second",
            "input_cost_per_video_per_second",
            "output_cost_per_video_per_second");
    Set<String> unknown = new TreeSet<>();
    for (JsonNode entry : SharedPrices.json(SharedPrices.LITELLM)) {
      if (!entry.path("litellm_provider").asText("one of").startsWith("one of")) {
        entry
            .fieldNames()
            .forEachRemaining(
                name -> {
                  String plain = name.replaceAll("_above_128k_tokens$", "");
                  if ((name.contains("cost") || name.contains("pricing"))
                      && LiteLlmFields.of(name) == null
                      && !handledApart.contains(plain)
                      && !LiteLlmFields.IGNORED.containsKey(plain)) {
                    unknown.add(name);
                  }
                });
      }
    }
    assertThat(unknown).isEmpty();
  }

  /** Computes from the file itself, with decimals and none of the code under test. */
  @Test
  void everyModelOfTheRealFileCostsWhatItsFieldsSay() throws IOException {
    JsonNode file = SharedPrices.json(SharedPrices.LITELLM);
    Random random = new Random(11);
    int compared = 0;
    for (Map.Entry<String, Price> entry : SharedPrices.imported().byEntry().entrySet()) {
      JsonNode json = file.get(entry.getKey());
      @Nullable BigDecimal in = number(json, "input_cost_per_token");
      @Nullable BigDecimal out = number(json, "output_cost_per_token");
      if (in == null
          || out == null
          || in.signum() > 0 && out.signum() == 0
          || json.has("input_cost_per_query")
          || json.has("input_cost_per_request")) {
        continue;
      }
      // Below the smallest size tier of any model.
      long cached = random.nextInt(5_000);
      long written = json.has("tiered_pricing") ? 0 : random.nextInt(5_000);
      long input = cached + written + random.nextInt(20_000);
      long reasoning = random.nextInt(3_000);
      long output = 1 + reasoning + random.nextInt(3_000);
      TokenUsage usage = new TokenUsage(input, output, cached, written, 0, reasoning, 0, 0, 0, 0);

      CostBreakdown cost = cost(entry.getValue(), ServiceTier.STANDARD, usage, BillableUnits.NONE);

      BigDecimal cachedPrice =
          or(
              number(json, "cache_read_input_token_cost"),
              number(json, "input_cost_per_token_cache_hit"),
              in);
      @Nullable BigDecimal write = number(json, "cache_creation_input_token_cost");
      BigDecimal writePrice = write == null || write.signum() == 0 ? in : write;
      BigDecimal reasoningPrice = or(number(json, "output_cost_per_reasoning_token"), null, out);
      String model = entry.getKey();
      assertThat(cost.input()).as(model).isEqualTo(nanos(in, input - cached - written));
      assertThat(cost.cachedInput()).as(model).isEqualTo(nanos(cachedPrice, cached));
      assertThat(cost.cacheWrite()).as(model).isEqualTo(nanos(writePrice, written));
      assertThat(cost.output()).as(model).isEqualTo(nanos(out, output - reasoning));
      assertThat(cost.reasoning()).as(model).isEqualTo(nanos(reasoningPrice, reasoning));
      assertThat(cost.request()).as(model).isZero();
      compared++;
    }
    assertThat(compared).isGreaterThan(2_200);
  }

  @Test
  void sizeAndServiceTiersOfTheRealFileHoldToTheToken() throws IOException {
    JsonNode file = SharedPrices.json(SharedPrices.LITELLM);
    Map<String, Price> prices = SharedPrices.imported().byEntry();
    int sizes = 0;
    int tiers = 0;
    for (Map.Entry<String, Price> entry : prices.entrySet()) {
      JsonNode json = file.get(entry.getKey());
      for (int k : new int[] {128, 200, 256, 272, 512}) {
        @Nullable BigDecimal above = number(json, "input_cost_per_token_above_" + k + "k_tokens");
        @Nullable BigDecimal base = number(json, "input_cost_per_token");
        if (above != null && base != null && number(json, "output_cost_per_token") != null) {
          long bound = k * 1000L;
          assertThat(input(entry.getValue(), ServiceTier.STANDARD, bound))
              .as(entry.getKey())
              .isEqualTo(nanos(base, bound));
          assertThat(input(entry.getValue(), ServiceTier.STANDARD, bound + 1))
              .as(entry.getKey())
              .isEqualTo(nanos(above, bound + 1));
          sizes++;
        }
      }
      for (ServiceTier tier : ServiceTier.values()) {
        String suffix = tier == ServiceTier.BATCH ? "batches" : tier.label();
        @Nullable BigDecimal tiered = number(json, "input_cost_per_token_" + suffix);
        if (tiered != null) {
          assertThat(input(entry.getValue(), tier, 10_000))
              .as(entry.getKey() + " " + tier)
              .isEqualTo(nanos(tiered, 10_000));
          tiers++;
        }
      }
    }
    assertThat(sizes).isGreaterThan(100);
    assertThat(tiers).isGreaterThan(200);
  }

  private static long input(Price price, ServiceTier tier, long tokens) {
    return cost(price, tier, TokenUsage.of(tokens, 0), BillableUnits.NONE).input();
  }

  private static BigDecimal or(
      @Nullable BigDecimal first, @Nullable BigDecimal second, BigDecimal last) {
    return first != null ? first : second != null ? second : last;
  }

  /** A field; null too where {@code tiered_pricing} says it in another way. */
  private static @Nullable BigDecimal number(JsonNode json, String field) {
    return json.path(field).isNumber() ? json.get(field).decimalValue() : null;
  }

  private static long nanos(BigDecimal usd, long count) {
    return usd.setScale(15, RoundingMode.HALF_UP)
        .multiply(BigDecimal.valueOf(count))
        .movePointRight(9)
        .setScale(0, RoundingMode.HALF_UP)
        .longValueExact();
  }

  @Test
  void aFastTierIsAMultipleOfEveryTokenPrice() throws IOException {
    Price price =
        one(
            """
            {"litellm_provider": "anthropic", "mode": "chat", "input_cost_per_token": 5e-06,
             "output_cost_per_token": 2.5e-05, "provider_specific_entry": {"fast": 6.0, "us": 1.1}}
            """);

    assertThat(cost(price, ServiceTier.FAST, TokenUsage.of(10, 1), BillableUnits.NONE).total())
        .isEqualTo(6 * (50_000 + 25_000));
  }

  @Test
  void rangesOfTokensAreSizeTiers() throws IOException {
    Price price =
        one(
            """
            {"litellm_provider": "dashscope", "mode": "chat", "tiered_pricing": [
              {"input_cost_per_token": 1e-06, "output_cost_per_token": 5e-06, "range": [0, 32000.0]},
              {"input_cost_per_token": 2e-06, "output_cost_per_token": 9e-06, "range": [32000.0, 1E+6]}]}
            """);

    assertThat(input(price, ServiceTier.STANDARD, 32_000)).isEqualTo(32_000_000);
    assertThat(input(price, ServiceTier.STANDARD, 32_001)).isEqualTo(64_002_000);
  }

  @Test
  void aTranscriptionPricedByOutputIsPricedByWhatWasSent() throws IOException {
    Price price =
        one(
            """
            {"litellm_provider": "openai", "mode": "audio_transcription",
             "input_cost_per_second": 0.0, "output_cost_per_second": 0.0001}
            """);

    BillableUnits minute = new BillableUnits(60_000, 0, 0, 0, 0, 0);
    assertThat(cost(price, ServiceTier.STANDARD, TokenUsage.NONE, minute).total())
        .isEqualTo(6_000_000);
  }

  @Test
  void badEntriesAreSkippedAndTheOthersKept() throws IOException {
    Imported imported =
        read(
            """
            {"sample_spec": {"litellm_provider": "x", "input_cost_per_token": 0},
             "stamp": "2026-07-24",
             "negative": {"litellm_provider": "openai", "input_cost_per_token": -1e-6},
             "text": {"litellm_provider": "openai", "input_cost_per_token": "free"},
             "huge": {"litellm_provider": "openai", "input_cost_per_token": 1e999999999},
             "nothing": {"litellm_provider": "openai", "max_tokens": 4096},
             "pixels": {"litellm_provider": "openai", "input_cost_per_pixel": 1e-8},
             "placeholder": {"litellm_provider": "bedrock", "input_cost_per_token": 0, "output_cost_per_token": 0},
             "bedrock/*/1-month-commitment/m": {"litellm_provider": "bedrock", "input_cost_per_second": 0.01},
             "good": {"litellm_provider": "openai", "input_cost_per_token": 1e-6},
             "tiny": {"litellm_provider": "openai", "input_cost_per_token": 1e-999999999}}
            """);

    assertThat(imported.byEntry()).containsOnlyKeys("good");
    assertThat(imported.skipped())
        .extracting(Skipped::entry)
        .containsExactlyInAnyOrder(
            "sample_spec",
            "stamp",
            "negative",
            "text",
            "huge",
            "nothing",
            "pixels",
            "placeholder",
            "bedrock/*/1-month-commitment/m",
            "tiny");
  }

  @Test
  void anEntryThatNamesItsProviderWinsOverABareOne() throws IOException {
    Imported imported =
        read(
            """
            {"deepseek/m": {"litellm_provider": "deepseek", "input_cost_per_token": 2e-6},
             "m": {"litellm_provider": "deepseek", "input_cost_per_token": 1e-6}}
            """);

    assertThat(imported.byEntry()).containsOnlyKeys("deepseek/m");
    assertThat(imported.skipped())
        .containsExactly(new Skipped("m", "the same model as deepseek/m"));
  }

  @Test
  void theTermsOfAnImportAreInItsPrices() throws IOException {
    LocalDate from = LocalDate.of(2026, 8, 1);
    InputStream in =
        new ByteArrayInputStream(
            "{\"m\": {\"litellm_provider\": \"openai\", \"input_cost_per_token\": 1e-6}}"
                .getBytes(StandardCharsets.UTF_8));

    Price price =
        new LiteLlmPriceImporter()
            .read(in, new Terms("litellm", LocalDate.of(2026, 8, 3), from))
            .prices()
            .get(0);

    assertThat(price.version()).isEqualTo("litellm/2026-08-01/openai/m");
    assertThat(price.from()).isEqualTo("2026-08-01T00:00:00Z");
    assertThat(price.recordedAt()).isEqualTo("2026-08-03T00:00:00Z");
  }

  @Test
  void aFileThatIsNoPriceListIsAProblem() {
    for (String broken :
        new String[] {
          "", "[]", "42", "{", "{\"m\": {", "{\"m\": 1} {}", "{}", "{\"m\": {}}", "<html>"
        }) {
      assertThatThrownBy(() -> read(broken))
          .as(broken)
          .isInstanceOfSatisfying(
              ProblemException.class,
              problem -> assertThat(problem.code()).isEqualTo(ProblemCode.MALFORMED_BODY));
    }
  }

  @Test
  void aFileWithoutEndIsRefusedAtItsBound() {
    InputStream endless =
        new InputStream() {
          private boolean begun;

          @Override
          public int read() {
            if (begun) {
              return ' ';
            }
            begun = true;
            return '{';
          }
        };

    assertThatThrownBy(
            () ->
                new LiteLlmPriceImporter()
                    .read(endless, new Terms("litellm", SharedPrices.LEARNED, null)))
        .isInstanceOfSatisfying(
            ProblemException.class,
            problem -> assertThat(problem.code()).isEqualTo(ProblemCode.BODY_TOO_LARGE));
  }

  @Test
  void aFileWithTooManyEntriesIsRefused() {
    StringBuilder json = new StringBuilder("{");
    for (int i = 0; i <= LiteLlmPriceImporter.MAX_ENTRIES; i++) {
      json.append("\"m").append(i).append("\":1,");
    }
    json.append("\"last\":1}");

    assertThatThrownBy(() -> read(json.toString()))
        .isInstanceOfSatisfying(
            ProblemException.class,
            problem -> assertThat(problem.code()).isEqualTo(ProblemCode.BODY_TOO_LARGE));
  }
}
