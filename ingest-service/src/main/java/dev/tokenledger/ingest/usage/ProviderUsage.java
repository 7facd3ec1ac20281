package dev.tokenledger.ingest.usage;

import dev.tokenledger.model.event.BillableUnits;
import java.util.Map;

/**
 * Reads the usage block of a provider's answer. The spelling tells the provider's meaning, so that
 * none has to be named:
 *
 * <ul>
 *   <li>{@code input_tokens} with {@code cache_read_input_tokens} (Anthropic) and {@code
 *       inputTokens} with {@code cacheReadInputTokens} (Bedrock): cached tokens come on top;
 *   <li>{@code prompt_tokens} or {@code input_tokens} with {@code …_details.cached_tokens} (OpenAI
 *       and who speaks its language): held by the input;
 *   <li>{@code promptTokenCount} (Gemini): cached tokens are held, the thoughts come on top of the
 *       candidates, and the prompts of tools on top of the prompt;
 *   <li>{@code billed_units} (Cohere): what is billed is taken, not what passed through the model,
 *       which includes the provider's own preamble. Its {@code cached_tokens} speak of the latter
 *       and are left out.
 * </ul>
 */
public final class ProviderUsage {
  private static final String[] CACHE_BESIDE_INPUT = {
    "cache_read_input_tokens",
    "cache_read_input_token_count",
    "cache_creation_input_tokens",
    "cache_write_input_tokens",
    "cache_write_input_token_count",
    "cache_creation.ephemeral_5m_input_tokens",
    "cache_creation.ephemeral_1h_input_tokens"
  };

  private ProviderUsage() {}

  /**
   * @param block the block as {@link UsageJson#flatten} gives it
   */
  public static ReportedUsage read(Map<String, Object> block) throws BadUsageException {
    CountReader reader = new CountReader(block::get);
    boolean billed = reader.hasAny("billed_units.input_tokens", "billed_units.output_tokens");
    if (billed || reader.hasAny("tokens.input_tokens", "billed_units.search_units")) {
      return cohere(reader, billed);
    }
    reader
        .read(
            UsageCount.INPUT,
            "prompt_tokens",
            "input_tokens",
            "prompt_token_count",
            "total_input_tokens",
            "input_token_count",
            "prompt_eval_count")
        .read(
            UsageCount.OUTPUT,
            "completion_tokens",
            "output_tokens",
            "candidates_token_count",
            "response_token_count",
            "total_output_tokens",
            "output_token_count",
            "eval_count")
        .read(UsageCount.TOTAL, "total_tokens", "total_token_count");
    readParts(reader);
    reader.add(UsageCount.INPUT, "tool_use_prompt_token_count", "total_tool_use_tokens");
    boolean cacheOnTop =
        reader.hasAny(CACHE_BESIDE_INPUT)
            && !reader.hasAny("prompt_tokens", "input_tokens_details.cached_tokens");
    boolean thoughtsOnTop = reader.hasAny("thoughts_token_count", "total_thought_tokens");
    return new ReportedUsage(
        reader.counts(),
        cacheOnTop ? Containment.OUTSIDE : Containment.USUALLY_INSIDE,
        thoughtsOnTop ? Containment.OUTSIDE : Containment.USUALLY_INSIDE,
        units(reader));
  }

  private static void readParts(CountReader reader) throws BadUsageException {
    reader
        .read(
            UsageCount.CACHE_READ,
            "cache_read_input_tokens",
            "cache_read_input_token_count",
            "prompt_tokens_details.cached_tokens",
            "prompt_token_details.cached_tokens",
            "input_tokens_details.cached_tokens",
            "input_token_details.cached_tokens",
            "input_token_details.cache_read",
            "prompt_cache_hit_tokens",
            "cached_content_token_count",
            "total_cached_tokens",
            "cached_tokens")
        .read(
            UsageCount.CACHE_WRITE,
            "cache_creation_input_tokens",
            "cache_write_input_tokens",
            "cache_write_input_token_count",
            "prompt_tokens_details.cache_creation_tokens",
            "prompt_tokens_details.cache_write_tokens",
            "input_tokens_details.cache_write_tokens",
            "input_token_details.cache_creation")
        .read(UsageCount.CACHE_WRITE_1H, "cache_creation.ephemeral_1h_input_tokens");
    if (!reader.counts().containsKey(UsageCount.CACHE_WRITE)) {
      reader
          .add(UsageCount.CACHE_WRITE, "cache_creation.ephemeral_5m_input_tokens")
          .add(UsageCount.CACHE_WRITE, "cache_creation.ephemeral_1h_input_tokens");
    }
    reader
        .read(
            UsageCount.REASONING,
            "completion_tokens_details.reasoning_tokens",
            "completion_token_details.reasoning_tokens",
            "output_tokens_details.reasoning_tokens",
            "output_tokens_details.thinking_tokens",
            "output_token_details.reasoning",
            "reasoning_tokens",
            "thoughts_token_count",
            "total_thought_tokens")
        .read(
            UsageCount.AUDIO_INPUT,
            "prompt_tokens_details.audio_tokens",
            "input_tokens_details.audio_tokens",
            "input_token_details.audio_tokens",
            "input_token_details.audio",
            "prompt_tokens_details.audio",
            "input_tokens_by_modality.audio")
        .read(
            UsageCount.AUDIO_OUTPUT,
            "completion_tokens_details.audio_tokens",
            "output_tokens_details.audio_tokens",
            "output_token_details.audio_tokens",
            "output_token_details.audio",
            "candidates_tokens_details.audio",
            "output_tokens_by_modality.audio")
        .read(
            UsageCount.IMAGE_INPUT,
            "prompt_tokens_details.image_tokens",
            "input_tokens_details.image_tokens",
            "prompt_tokens_details.image",
            "input_tokens_by_modality.image")
        .read(
            UsageCount.IMAGE_OUTPUT,
            "completion_tokens_details.image_tokens",
            "output_tokens_details.image_tokens",
            "candidates_tokens_details.image",
            "output_tokens_by_modality.image");
  }

  private static ReportedUsage cohere(CountReader reader, boolean billed) throws BadUsageException {
    String side = billed ? "billed_units." : "tokens.";
    reader
        .read(UsageCount.INPUT, side + "input_tokens")
        .read(UsageCount.OUTPUT, side + "output_tokens");
    if (!billed) {
      reader.read(UsageCount.CACHE_READ, "cached_tokens");
    }
    return new ReportedUsage(
        reader.counts(), Containment.USUALLY_INSIDE, Containment.USUALLY_INSIDE, units(reader));
  }

  private static BillableUnits units(CountReader reader) throws BadUsageException {
    long searches =
        reader.largest("billed_units.search_units", "server_tool_use.web_search_requests");
    long audioSeconds = reader.largest("prompt_audio_seconds");
    if (searches <= 0 && audioSeconds <= 0) {
      return BillableUnits.NONE;
    }
    return new BillableUnits(Math.max(audioSeconds, 0) * 1000, 0, 0, 0, 0, Math.max(searches, 0));
  }
}
