package dev.tokenledger.ingest.pricing;

import static java.util.Map.entry;

import dev.tokenledger.model.price.ServiceTier;
import dev.tokenledger.model.price.UnitKind;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The names of LiteLLM's price fields: {@code <base>[_above_<n>k_tokens][_<tier>]}, in US dollars
 * for one unit.
 */
final class LiteLlmFields {
  /** What a field prices, for which size of call and which tier. */
  record Field(UnitKind kind, ServiceTier tier, long aboveInputTokens) {}

  private static final Map<String, UnitKind> KINDS =
      Map.ofEntries(
          entry("input_cost_per_token", UnitKind.INPUT),
          entry("output_cost_per_token", UnitKind.OUTPUT),
          entry("cache_read_input_token_cost", UnitKind.CACHED_INPUT),
          entry("cache_creation_input_token_cost", UnitKind.CACHE_WRITE),
          entry("cache_creation_input_token_cost_above_1hr", UnitKind.CACHE_WRITE_1H),
          entry("output_cost_per_reasoning_token", UnitKind.REASONING),
          entry("input_cost_per_audio_token", UnitKind.AUDIO_INPUT),
          entry("output_cost_per_audio_token", UnitKind.AUDIO_OUTPUT),
          entry("input_cost_per_image_token", UnitKind.IMAGE_INPUT),
          entry("output_cost_per_image_token", UnitKind.IMAGE_OUTPUT),
          entry("input_cost_per_character", UnitKind.PER_INPUT_CHARACTER),
          entry("input_cost_per_request", UnitKind.PER_REQUEST),
          entry("input_cost_per_query", UnitKind.PER_QUERY),
          entry("input_cost_per_second", UnitKind.PER_INPUT_SECOND),
          entry("output_cost_per_second", UnitKind.PER_OUTPUT_SECOND),
          entry("input_cost_per_image", UnitKind.PER_INPUT_IMAGE),
          entry("output_cost_per_image", UnitKind.PER_OUTPUT_IMAGE));

  /** Price fields that are left out, each with the reason. */
  static final Map<String, String> IGNORED =
      Map.ofEntries(
          entry("cache_read_input_audio_token_cost", "cached audio is not reported apart"),
          entry("cache_creation_input_audio_token_cost", "cached audio is not reported apart"),
          entry("output_cost_per_video_token", "video tokens are not reported apart"),
          entry("output_cost_per_character", "generated characters are not reported"),
          entry("input_cost_per_pixel", "pixels are not reported"),
          entry("output_cost_per_pixel", "pixels are not reported"),
          entry("ocr_cost_per_page", "pages are not reported"),
          entry("ocr_cost_per_credit", "credits are not reported"),
          entry("annotation_cost_per_page", "pages are not reported"),
          entry("citation_cost_per_token", "citation tokens are not reported"),
          entry("code_interpreter_cost_per_session", "sessions of tools are not reported"),
          entry("output_cost_per_second_1080p", "the resolution is not reported"),
          entry(
              "input_cost_per_video_per_second_above_8s_interval", "the interval is not reported"),
          entry(
              "input_cost_per_video_per_second_above_15s_interval", "the interval is not reported"),
          entry("input_dbu_cost_per_token", "the same price in another currency"),
          entry("output_dbu_cost_per_token", "the same price in another currency"),
          entry("regional_processing_uplift_multiplier_eu", "the region is not reported"),
          entry("regional_processing_uplift_multiplier_us", "the region is not reported"));

  private static final Pattern SIZE = Pattern.compile("_above_(\\d{1,6})k_tokens");

  private LiteLlmFields() {}

  /** What a field prices; null when it is none of those that are read. */
  static @Nullable Field of(String name) {
    String base = name;
    ServiceTier tier = ServiceTier.STANDARD;
    int last = name.lastIndexOf('_');
    @Nullable ServiceTier suffix =
        switch (name.substring(last + 1)) {
          case "batches" -> ServiceTier.BATCH;
          case "flex" -> ServiceTier.FLEX;
          case "priority" -> ServiceTier.PRIORITY;
          default -> null;
        };
    if (suffix != null) {
      tier = suffix;
      base = name.substring(0, last);
    }
    long above = 0;
    Matcher size = SIZE.matcher(base);
    if (size.find()) {
      above = Long.parseLong(size.group(1)) * 1000;
      base = base.substring(0, size.start()) + base.substring(size.end());
    }
    @Nullable UnitKind kind = KINDS.get(base);
    return kind == null ? null : new Field(kind, tier, above);
  }
}
