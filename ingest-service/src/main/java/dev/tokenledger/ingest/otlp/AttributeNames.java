package dev.tokenledger.ingest.otlp;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The attributes that are read here. A span may carry hundreds of others, and among them whole
 * prompts and answers: those are passed over without being put together. Whoever asks {@link
 * Attributes} for another name adds it to this list; an assertion there says so.
 */
final class AttributeNames {
  /** Free names: what applications declare. The rest of the name is theirs to choose. */
  static final List<String> PREFIXES =
      List.of(
          "tokenledger.tags.",
          "tokenledger.attributes.",
          "traceloop.association.properties.",
          "ai.telemetry.metadata.",
          "langfuse.trace.metadata.",
          "langfuse.observation.metadata.");

  /** Names that hold JSON, whose text is read up to {@link Text#JSON}. */
  private static final List<String> JSON =
      List.of(
          "ai.response.providerMetadata",
          "langfuse.observation.cost_details",
          "langfuse.observation.usage_details",
          "langwatch.metrics",
          "metadata",
          "mlflow.chat.tokenUsage");

  /** A whole answer of a model, of which the usage may be needed. */
  private static final String ANSWER = "output.value";

  private static final List<String> NAMES =
      List.of(
          "agent.name",
          "agent_name",
          "ai.model.id",
          "ai.model.provider",
          "ai.operationId",
          "ai.response.id",
          "ai.response.model",
          "ai.response.msToFirstChunk",
          "ai.response.providerMetadata",
          "ai.stream.msToFirstChunk",
          "ai.telemetry.functionId",
          "ai.telemetry.metadata.feature",
          "ai.telemetry.metadata.langfuseUserId",
          "ai.telemetry.metadata.langfuse_session_id",
          "ai.telemetry.metadata.langfuse_user_id",
          "ai.telemetry.metadata.sessionId",
          "ai.telemetry.metadata.session_id",
          "ai.telemetry.metadata.tags",
          "ai.telemetry.metadata.userId",
          "ai.telemetry.metadata.user_id",
          "ai.toolCall.name",
          "ai.usage.cachedInputTokens",
          "ai.usage.completionTokens",
          "ai.usage.inputTokenDetails.cacheReadTokens",
          "ai.usage.inputTokenDetails.cacheWriteTokens",
          "ai.usage.inputTokens",
          "ai.usage.outputTokenDetails.reasoningTokens",
          "ai.usage.outputTokens",
          "ai.usage.promptTokens",
          "ai.usage.reasoningTokens",
          "ai.usage.tokens",
          "ai.usage.totalTokens",
          "cache_creation_tokens",
          "cache_read_tokens",
          "claude.code.session_id",
          "cost_usd",
          "deployment.environment",
          "deployment.environment.name",
          "embedding.model_name",
          "enduser.id",
          "error.type",
          "exception.type",
          "gcp.vertex.agent.session_id",
          "gen_ai.agent.id",
          "gen_ai.agent.name",
          "gen_ai.agent.version",
          "gen_ai.cache_hit",
          "gen_ai.client.time_to_first_token",
          "gen_ai.conversation.id",
          "gen_ai.cost.total_cost",
          "gen_ai.data_source.id",
          "gen_ai.embeddings.dimension.count",
          "gen_ai.environment",
          "gen_ai.openai.request.service_tier",
          "gen_ai.openai.response.service_tier",
          "gen_ai.operation.name",
          "gen_ai.output.type",
          "gen_ai.prompt.name",
          "gen_ai.prompt.version",
          "gen_ai.provider.name",
          "gen_ai.request.choice.count",
          "gen_ai.request.frequency_penalty",
          "gen_ai.request.is_stream",
          "gen_ai.request.max_tokens",
          "gen_ai.request.model",
          "gen_ai.request.presence_penalty",
          "gen_ai.request.seed",
          "gen_ai.request.service_tier",
          "gen_ai.request.stream",
          "gen_ai.request.temperature",
          "gen_ai.request.top_k",
          "gen_ai.request.top_p",
          "gen_ai.request.user",
          "gen_ai.response.completion_tokens",
          "gen_ai.response.finish_reasons",
          "gen_ai.response.id",
          "gen_ai.response.model",
          "gen_ai.response.prompt_tokens",
          "gen_ai.response.service_tier",
          "gen_ai.response.time_to_first_chunk",
          "gen_ai.serialized.name",
          "gen_ai.server.time_to_first_token",
          "gen_ai.server.ttft",
          "gen_ai.system",
          "gen_ai.tool.call.id",
          "gen_ai.tool.name",
          "gen_ai.tool.type",
          "gen_ai.usage.cache_creation.ephemeral_1h_input_tokens",
          "gen_ai.usage.cache_creation.input_tokens",
          "gen_ai.usage.cache_creation_input_tokens",
          "gen_ai.usage.cache_creation_tokens",
          "gen_ai.usage.cache_read.input_tokens",
          "gen_ai.usage.cache_read_input_tokens",
          "gen_ai.usage.cache_read_tokens",
          "gen_ai.usage.cache_write.input_tokens",
          "gen_ai.usage.cache_write_input_tokens",
          "gen_ai.usage.cache_write_tokens",
          "gen_ai.usage.cached_input_tokens",
          "gen_ai.usage.cached_tokens",
          "gen_ai.usage.completion_tokens",
          "gen_ai.usage.completion_tokens_details.audio_tokens",
          "gen_ai.usage.completion_tokens_details.reasoning",
          "gen_ai.usage.completion_tokens_details.reasoning_tokens",
          "gen_ai.usage.cost",
          "gen_ai.usage.details.cache_creation.ephemeral_1h_input_tokens",
          "gen_ai.usage.details.cache_creation_input_tokens",
          "gen_ai.usage.details.cache_read_input_tokens",
          "gen_ai.usage.details.cache_read_tokens",
          "gen_ai.usage.details.cache_write_tokens",
          "gen_ai.usage.details.cached_content_tokens",
          "gen_ai.usage.details.cached_tokens",
          "gen_ai.usage.details.image_prompt_tokens",
          "gen_ai.usage.details.input_audio_tokens",
          "gen_ai.usage.details.input_image_tokens",
          "gen_ai.usage.details.output_audio_tokens",
          "gen_ai.usage.details.output_image_tokens",
          "gen_ai.usage.details.reasoning_tokens",
          "gen_ai.usage.details.thoughts_tokens",
          "gen_ai.usage.experimental.reasoning_tokens",
          "gen_ai.usage.input_audio_tokens",
          "gen_ai.usage.input_cache_creation",
          "gen_ai.usage.input_cached_tokens",
          "gen_ai.usage.input_image_tokens",
          "gen_ai.usage.input_token_details.cached",
          "gen_ai.usage.input_tokens",
          "gen_ai.usage.input_tokens.cached",
          "gen_ai.usage.input_tokens_details.cached_tokens",
          "gen_ai.usage.output_audio_tokens",
          "gen_ai.usage.output_image_tokens",
          "gen_ai.usage.output_reasoning_tokens",
          "gen_ai.usage.output_tokens",
          "gen_ai.usage.output_tokens_details.reasoning_tokens",
          "gen_ai.usage.prompt_tokens",
          "gen_ai.usage.prompt_tokens_details.audio_tokens",
          "gen_ai.usage.prompt_tokens_details.cache_creation_tokens",
          "gen_ai.usage.prompt_tokens_details.cache_read",
          "gen_ai.usage.prompt_tokens_details.cache_write",
          "gen_ai.usage.prompt_tokens_details.cached_tokens",
          "gen_ai.usage.reasoning.output_tokens",
          "gen_ai.usage.reasoning_tokens",
          "gen_ai.usage.total_cost",
          "gen_ai.usage.total_tokens",
          "gen_ai.workflow.name",
          "graph.node.id",
          "input_tokens",
          "langfuse.environment",
          "langfuse.observation.completion_start_time",
          "langfuse.observation.cost_details",
          "langfuse.observation.level",
          "langfuse.observation.model.name",
          "langfuse.observation.prompt.name",
          "langfuse.observation.prompt.version",
          "langfuse.observation.type",
          "langfuse.observation.usage_details",
          "langfuse.prompt.name",
          "langfuse.prompt.version",
          "langfuse.release",
          "langfuse.session.id",
          "langfuse.trace.metadata.langfuse_session_id",
          "langfuse.trace.metadata.langfuse_user_id",
          "langfuse.trace.name",
          "langfuse.trace.tags",
          "langfuse.user.id",
          "langfuse.version",
          "langsmith.metadata.ls_model_name",
          "langsmith.metadata.session_id",
          "langsmith.metadata.thread_id",
          "langsmith.metadata.user_id",
          "langsmith.span.kind",
          "langsmith.trace.session_id",
          "langwatch.metrics",
          "langwatch.span.type",
          "langwatch.thread.id",
          "langwatch.thread_id",
          "langwatch.user.id",
          "langwatch.user_id",
          "llm.agent.name",
          "llm.cache_hit",
          "llm.cost.total",
          "llm.model_name",
          "llm.prompt_template.name",
          "llm.prompt_template.version",
          "llm.provider",
          "llm.request.model",
          "llm.request.type",
          "llm.response.id",
          "llm.response.model",
          "llm.system",
          "llm.token_count.completion",
          "llm.token_count.completion_details.audio",
          "llm.token_count.completion_details.reasoning",
          "llm.token_count.prompt",
          "llm.token_count.prompt_details.audio",
          "llm.token_count.prompt_details.cache_input",
          "llm.token_count.prompt_details.cache_read",
          "llm.token_count.prompt_details.cache_write",
          "llm.token_count.total",
          "llm.usage.cache_creation_input_tokens",
          "llm.usage.cache_read_input_tokens",
          "llm.usage.cached_tokens",
          "llm.usage.completion_tokens",
          "llm.usage.completion_tokens_details.reasoning_tokens",
          "llm.usage.input_tokens",
          "llm.usage.output_tokens",
          "llm.usage.prompt_tokens",
          "llm.usage.reasoning_tokens",
          "llm.usage.total_tokens",
          "llm.user",
          "logfire.span_type",
          "metadata",
          "metadata.user_api_key_end_user_id",
          "metadata.user_api_key_user_id",
          "mlflow.chat.tokenUsage",
          "mlflow.spanType",
          "model",
          "model_name",
          "openai.request.service_tier",
          "openai.response.service_tier",
          "openinference.span.kind",
          "operation.cost",
          "operation.name",
          "output.value",
          "output_tokens",
          "reranker.model_name",
          "server.address",
          "server.port",
          "service.name",
          "service.version",
          "session.id",
          "success",
          "tag.tags",
          "telemetry.sdk.language",
          "tokenledger.cache_hit",
          "tokenledger.feature",
          "tokenledger.reservation_id",
          "tool.name",
          "tool_name",
          "traceloop.association.properties.chat_id",
          "traceloop.association.properties.feature",
          "traceloop.association.properties.sessionId",
          "traceloop.association.properties.session_id",
          "traceloop.association.properties.userId",
          "traceloop.association.properties.user_id",
          "traceloop.entity.name",
          "traceloop.prompt.key",
          "traceloop.prompt.version",
          "traceloop.span.kind",
          "traceloop.workflow.name",
          "ttft_ms",
          "user.id");

  /** Each name by itself, so that the one that is kept is always the same object. */
  private static final Map<String, Known> KNOWN = new HashMap<>();

  private static final TreeSet<String> SORTED = new TreeSet<>(NAMES);

  /**
   * @param limit characters of a text under this name that are kept
   */
  private record Known(String name, int limit) {}

  static {
    for (String name : NAMES) {
      int limit =
          name.equals(ANSWER) ? Integer.MAX_VALUE : JSON.contains(name) ? Text.JSON : Text.LONGEST;
      KNOWN.put(name, new Known(name, limit));
    }
  }

  private AttributeNames() {}

  /** The name as it is known here; null for one that nobody asks for. */
  static @Nullable String known(String name) {
    Known known = KNOWN.get(name);
    return known == null ? null : known.name;
  }

  /** True for names whose end the application chose. */
  static boolean isFree(String name) {
    for (String prefix : PREFIXES) {
      if (name.startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }

  /** True when names that are read begin with this one and a dot: its map is worth a look. */
  static boolean leadsToKnown(String name) {
    String start = name + '.';
    String next = SORTED.ceiling(start);
    if (next != null && next.startsWith(start)) {
      return true;
    }
    for (String prefix : PREFIXES) {
      if (prefix.startsWith(start) || start.startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }

  /** Characters of a text that are kept under a name. */
  static int limit(String name) {
    Known known = KNOWN.get(name);
    return known == null ? Text.LONGEST : known.limit;
  }
}
