package dev.tokenledger.ingest.otlp;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tokenledger.ingest.decode.RejectionCode;
import dev.tokenledger.ingest.usage.BadUsageException;
import dev.tokenledger.ingest.usage.Containment;
import dev.tokenledger.ingest.usage.CountReader;
import dev.tokenledger.ingest.usage.LangfuseUsage;
import dev.tokenledger.ingest.usage.ProviderUsage;
import dev.tokenledger.ingest.usage.ReportedUsage;
import dev.tokenledger.ingest.usage.UsageCount;
import dev.tokenledger.ingest.usage.UsageJson;
import dev.tokenledger.model.event.BillableUnits;
import java.util.HashMap;
import java.util.Map;

/**
 * Finds the usage on a span. The first of these that says what was sent wins; later ones fill in
 * what it leaves out:
 *
 * <ol>
 *   <li>{@code langfuse.observation.usage_details}: what the application declared;
 *   <li>the provider's own block that Vercel's AI SDK attaches ({@code
 *       ai.response.providerMetadata}): its spelling tells whether cached tokens are held by the
 *       input, which the SDK's versions disagree on;
 *   <li>attributes with counts, of any convention;
 *   <li>where these hold no sides, the objects that MLflow and LangWatch write.
 * </ol>
 */
final class UsageAttributes {
  /** The names under which instrumentations of any convention write counts. */
  private static final Map<String, UsageCount> MEASURES = new HashMap<>();

  static {
    names(
        UsageCount.INPUT,
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.prompt_tokens",
        "gen_ai.response.prompt_tokens",
        "llm.token_count.prompt",
        "llm.usage.input_tokens",
        "llm.usage.prompt_tokens",
        "ai.usage.inputTokens",
        "ai.usage.promptTokens",
        "ai.usage.tokens");
    names(
        UsageCount.OUTPUT,
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.completion_tokens",
        "gen_ai.response.completion_tokens",
        "llm.token_count.completion",
        "llm.usage.output_tokens",
        "llm.usage.completion_tokens",
        "ai.usage.outputTokens",
        "ai.usage.completionTokens");
    names(
        UsageCount.TOTAL,
        "gen_ai.usage.total_tokens",
        "llm.token_count.total",
        "llm.usage.total_tokens",
        "ai.usage.totalTokens");
    names(
        UsageCount.CACHE_READ,
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cache_read_input_tokens",
        "gen_ai.usage.cache_read_tokens",
        "gen_ai.usage.cached_input_tokens",
        "gen_ai.usage.input_cached_tokens",
        "gen_ai.usage.cached_tokens",
        "gen_ai.usage.input_tokens.cached",
        "gen_ai.usage.prompt_tokens_details.cached_tokens",
        "gen_ai.usage.prompt_tokens_details.cache_read",
        "gen_ai.usage.input_tokens_details.cached_tokens",
        "gen_ai.usage.input_token_details.cached",
        "gen_ai.usage.details.cache_read_tokens",
        "gen_ai.usage.details.cache_read_input_tokens",
        "gen_ai.usage.details.cached_tokens",
        "gen_ai.usage.details.cached_content_tokens",
        "llm.token_count.prompt_details.cache_read",
        "llm.token_count.prompt_details.cache_input",
        "llm.usage.cache_read_input_tokens",
        "llm.usage.cached_tokens",
        "ai.usage.cachedInputTokens",
        "ai.usage.inputTokenDetails.cacheReadTokens");
    names(
        UsageCount.CACHE_WRITE,
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_creation_input_tokens",
        "gen_ai.usage.cache_creation_tokens",
        "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.cache_write_input_tokens",
        "gen_ai.usage.cache_write_tokens",
        "gen_ai.usage.input_cache_creation",
        "gen_ai.usage.prompt_tokens_details.cache_write",
        "gen_ai.usage.prompt_tokens_details.cache_creation_tokens",
        "gen_ai.usage.details.cache_write_tokens",
        "gen_ai.usage.details.cache_creation_input_tokens",
        "llm.token_count.prompt_details.cache_write",
        "llm.usage.cache_creation_input_tokens",
        "ai.usage.inputTokenDetails.cacheWriteTokens");
    names(
        UsageCount.CACHE_WRITE_1H,
        "gen_ai.usage.cache_creation.ephemeral_1h_input_tokens",
        "gen_ai.usage.details.cache_creation.ephemeral_1h_input_tokens");
    names(
        UsageCount.AUDIO_INPUT,
        "gen_ai.usage.input_audio_tokens",
        "gen_ai.usage.prompt_tokens_details.audio_tokens",
        "gen_ai.usage.details.input_audio_tokens",
        "llm.token_count.prompt_details.audio");
    names(
        UsageCount.IMAGE_INPUT,
        "gen_ai.usage.input_image_tokens",
        "gen_ai.usage.details.input_image_tokens",
        "gen_ai.usage.details.image_prompt_tokens");
    names(
        UsageCount.REASONING,
        "gen_ai.usage.reasoning.output_tokens",
        "gen_ai.usage.reasoning_tokens",
        "gen_ai.usage.output_reasoning_tokens",
        "gen_ai.usage.experimental.reasoning_tokens",
        "gen_ai.usage.completion_tokens_details.reasoning_tokens",
        "gen_ai.usage.completion_tokens_details.reasoning",
        "gen_ai.usage.output_tokens_details.reasoning_tokens",
        "gen_ai.usage.details.reasoning_tokens",
        "gen_ai.usage.details.thoughts_tokens",
        "llm.token_count.completion_details.reasoning",
        "llm.usage.reasoning_tokens",
        "llm.usage.completion_tokens_details.reasoning_tokens",
        "ai.usage.reasoningTokens",
        "ai.usage.outputTokenDetails.reasoningTokens");
    names(
        UsageCount.AUDIO_OUTPUT,
        "gen_ai.usage.output_audio_tokens",
        "gen_ai.usage.completion_tokens_details.audio_tokens",
        "gen_ai.usage.details.output_audio_tokens",
        "llm.token_count.completion_details.audio");
    names(
        UsageCount.IMAGE_OUTPUT,
        "gen_ai.usage.output_image_tokens",
        "gen_ai.usage.details.output_image_tokens");
  }

  private UsageAttributes() {}

  static ReportedUsage read(SpanData span) throws BadUsageException, Refusal {
    ReportedUsage usage = counts(span);
    JsonNode metadata = Json.object(span.attributes().text("ai.response.providerMetadata"));
    for (JsonNode provider : metadata) {
      if (provider.path("usage").isObject()) {
        ReportedUsage block = ProviderUsage.read(UsageJson.flatten(provider.path("usage")));
        usage = withProviderBlock(usage, block);
      }
    }
    if (!usage.hasSides()) {
      usage = declaredBlock(span.attributes()).orElse(usage);
    }
    String details = span.attributes().text("langfuse.observation.usage_details");
    if (details == null || details.strip().equals("null")) {
      return usage;
    }
    ReportedUsage declared = langfuse(details);
    return declared.hasSides() ? declared : declared.orElse(usage);
  }

  /**
   * The block may hold parts alone (Bedrock's cache reads): its placement then speaks of the input
   * that the attributes hold.
   */
  private static ReportedUsage withProviderBlock(ReportedUsage attributes, ReportedUsage block) {
    if (block.isEmpty()) {
      return attributes;
    }
    ReportedUsage merged = block.orElse(attributes);
    Containment cache = block.cache();
    return new ReportedUsage(merged.counts(), cache, merged.reasoning(), merged.units());
  }

  /** Usage that MLflow and LangWatch write as one object, in a provider's words. */
  private static ReportedUsage declaredBlock(Attributes attributes) throws BadUsageException {
    JsonNode block = Json.object(attributes.text("mlflow.chat.tokenUsage"));
    if (block.isMissingNode()) {
      block = Json.object(attributes.text("langwatch.metrics")).path("value");
    }
    return ProviderUsage.read(UsageJson.flatten(block));
  }

  private static ReportedUsage langfuse(String details) throws BadUsageException, Refusal {
    JsonNode node = Json.object(details);
    if (!node.isObject()) {
      throw new Refusal(
          RejectionCode.WRONG_TYPE,
          "langfuse.observation.usage_details is no JSON object; send counts by name.");
    }
    return LangfuseUsage.read(UsageJson.flatten(node));
  }

  private static ReportedUsage counts(SpanData span) throws BadUsageException {
    Attributes attributes = span.attributes();
    CountReader reader = new CountReader(attributes::get);
    for (Map.Entry<String, Object> entry : attributes.entries()) {
      UsageCount measure = MEASURES.get(entry.getKey());
      if (measure != null) {
        reader.read(measure, entry.getKey());
      }
    }
    Containment cache = Containment.USUALLY_INSIDE;
    if (span.name().startsWith("claude_code.")) {
      // Claude Code writes the provider's counts under bare names.
      reader
          .read(UsageCount.INPUT, "input_tokens")
          .read(UsageCount.OUTPUT, "output_tokens")
          .read(UsageCount.CACHE_READ, "cache_read_tokens")
          .read(UsageCount.CACHE_WRITE, "cache_creation_tokens");
      cache = Containment.OUTSIDE;
    }
    // Google's ADK reports Gemini's candidates, which do not hold the thoughts.
    Containment reasoning =
        attributes.has("gen_ai.usage.experimental.reasoning_tokens")
            ? Containment.USUALLY_OUTSIDE
            : Containment.USUALLY_INSIDE;
    return new ReportedUsage(reader.counts(), cache, reasoning, BillableUnits.NONE);
  }

  private static void names(UsageCount measure, String... names) {
    for (String name : names) {
      MEASURES.put(name, measure);
    }
  }
}
