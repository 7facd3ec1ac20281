package dev.tokenledger.ingest.pricing;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tokenledger.model.price.ServiceTier;
import dev.tokenledger.model.price.UnitKind;
import dev.tokenledger.model.price.UnitPrice;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The unit prices of one entry of LiteLLM's price file. Where the file says the same thing in two
 * ways, or leaves open what it means, this is where it is decided; {@code docs/pricing.md} lists
 * the decisions.
 */
final class LiteLlmEntry {
  private static final Set<String> CONVERSATION =
      Set.of("chat", "responses", "completion", "realtime");

  private final String key;
  private final JsonNode json;
  private final String mode;
  private final Map<LiteLlmFields.Field, BigDecimal> prices = new HashMap<>();

  private LiteLlmEntry(String key, JsonNode json) {
    this.key = key;
    this.json = json;
    this.mode = json.path("mode").asText("");
  }

  /**
   * The unit prices of an entry; empty when it states none that can be used.
   *
   * @throws IllegalArgumentException if a price is not a decimal number, negative or out of range
   */
  static List<UnitPrice> unitPrices(String key, JsonNode json) {
    LiteLlmEntry entry = new LiteLlmEntry(key, json);
    entry.readFields();
    entry.readSizes();
    entry.readSeconds();
    entry.readCacheHits();
    entry.readSearches();
    entry.dropWhatIsNoPrice();
    entry.addFastTier();
    List<UnitPrice> unitPrices = new ArrayList<>();
    entry.prices.forEach(
        (field, usd) ->
            unitPrices.add(
                UnitPrice.of(field.kind(), field.tier(), field.aboveInputTokens(), usd)));
    return unitPrices;
  }

  private void readFields() {
    json.fieldNames()
        .forEachRemaining(
            name -> {
              LiteLlmFields.@Nullable Field field = LiteLlmFields.of(name);
              @Nullable BigDecimal usd = field == null ? null : decimal(json, name);
              if (field != null && usd != null) {
                prices.put(field, usd);
              }
            });
  }

  /** {@code tiered_pricing}: a list of prices by range of input tokens, the lowest from zero. */
  private void readSizes() {
    for (JsonNode size : json.path("tiered_pricing")) {
      JsonNode range = size.path("range");
      if (!range.path(0).isNumber()) {
        continue; // ranges of another measure, such as results of a search
      }
      long above = range.get(0).decimalValue().longValueExact();
      size.fieldNames()
          .forEachRemaining(
              name -> {
                LiteLlmFields.@Nullable Field field = LiteLlmFields.of(name);
                @Nullable BigDecimal usd = field == null ? null : decimal(size, name);
                if (field != null && usd != null) {
                  prices.put(new LiteLlmFields.Field(field.kind(), field.tier(), above), usd);
                }
              });
    }
  }

  private void readSeconds() {
    @Nullable BigDecimal audio = decimal(json, "input_cost_per_audio_per_second");
    @Nullable BigDecimal video = decimal(json, "input_cost_per_video_per_second");
    if (audio == null || video == null || audio.compareTo(video) == 0) {
      // Seconds are reported without saying of what: with two prices there is none.
      putIfAbsent(UnitKind.PER_INPUT_SECOND, audio == null ? video : audio);
    }
    putIfAbsent(UnitKind.PER_OUTPUT_SECOND, decimal(json, "output_cost_per_video_per_second"));
    if (mode.equals("audio_transcription")) {
      // Only what was sent has a length; some entries price it as output.
      @Nullable BigDecimal in = get(UnitKind.PER_INPUT_SECOND);
      @Nullable BigDecimal out = get(UnitKind.PER_OUTPUT_SECOND);
      if (out != null && out.signum() > 0 && (in == null || in.signum() == 0)) {
        prices.put(standard(UnitKind.PER_INPUT_SECOND), out);
      }
      drop(UnitKind.PER_OUTPUT_SECOND);
    } else if (CONVERSATION.contains(mode) && !has(UnitKind.INPUT)) {
      // The time of rented machines, which no call reports.
      drop(UnitKind.PER_INPUT_SECOND);
      drop(UnitKind.PER_OUTPUT_SECOND);
    }
  }

  private void readCacheHits() {
    putIfAbsent(UnitKind.CACHED_INPUT, decimal(json, "input_cost_per_token_cache_hit"));
  }

  private void readSearches() {
    JsonNode bySize = json.path("search_context_cost_per_query");
    if (!bySize.isObject()) {
      return;
    }
    // The size of the search context is not reported; medium is what is used when none is asked
    // for.
    @Nullable BigDecimal usd = decimal(bySize, "search_context_size_medium");
    boolean perCall =
        key.contains("gemini")
            && !json.path("web_search_billing_unit").asText("").equals("per_query");
    putIfAbsent(perCall ? UnitKind.PER_SEARCHING_CALL : UnitKind.PER_SEARCH, usd);
  }

  private void dropWhatIsNoPrice() {
    @Nullable BigDecimal input = get(UnitKind.INPUT);
    @Nullable BigDecimal written = get(UnitKind.CACHE_WRITE);
    if (input != null && input.signum() > 0 && written != null && written.signum() == 0) {
      // "No charge for writing": the tokens are still input.
      drop(UnitKind.CACHE_WRITE);
    }
    @Nullable BigDecimal output = get(UnitKind.OUTPUT);
    if (CONVERSATION.contains(mode)
        && input != null
        && input.signum() > 0
        && output != null
        && output.signum() == 0) {
      // Nobody answers for nothing while billing the question: the price is not known.
      drop(UnitKind.OUTPUT);
    }
    if (has(UnitKind.INPUT) && !mode.equals("embedding")) {
      // Images sent to a model that bills by token are among its input tokens.
      drop(UnitKind.PER_INPUT_IMAGE);
    }
    if (mode.equals("image_generation")) {
      // It generates nothing but images, and reports are not always split.
      putIfAbsent(UnitKind.OUTPUT, get(UnitKind.IMAGE_OUTPUT));
    }
  }

  /** A multiple of all token prices for generation at higher speed. */
  private void addFastTier() {
    @Nullable BigDecimal factor = decimal(json.path("provider_specific_entry"), "fast");
    if (factor == null) {
      return;
    }
    Map.copyOf(prices)
        .forEach(
            (field, usd) -> {
              if (field.tier() == ServiceTier.STANDARD && field.kind().isToken()) {
                prices.put(
                    new LiteLlmFields.Field(
                        field.kind(), ServiceTier.FAST, field.aboveInputTokens()),
                    usd.multiply(factor));
              }
            });
  }

  private static LiteLlmFields.Field standard(UnitKind kind) {
    return new LiteLlmFields.Field(kind, ServiceTier.STANDARD, 0);
  }

  private @Nullable BigDecimal get(UnitKind kind) {
    return prices.get(standard(kind));
  }

  private boolean has(UnitKind kind) {
    return prices.containsKey(standard(kind));
  }

  private void putIfAbsent(UnitKind kind, @Nullable BigDecimal usd) {
    if (usd != null) {
      prices.putIfAbsent(standard(kind), usd);
    }
  }

  private void drop(UnitKind kind) {
    prices.keySet().removeIf(field -> field.kind() == kind);
  }

  private static @Nullable BigDecimal decimal(JsonNode json, String field) {
    JsonNode value = json.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return null;
    }
    if (!value.isNumber()) {
      throw new IllegalArgumentException(field + " is not a number");
    }
    return value.decimalValue();
  }
}
