package dev.tokenledger.ingest.otlp;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

  private static final List<Group> GROUPS = new ArrayList<>();

  /** Names of which the first that says something counts. */
  static final class Group {
    private final List<String> names;
    private final long bit;

    private Group(String... names) {
      this.names = List.of(names);
      this.bit = 1L << GROUPS.size();
      GROUPS.add(this);
    }

    List<String> names() {
      return names;
    }

    /** One bit of its own, by which it is told quickly that none of the names was sent. */
    long bit() {
      return bit;
    }
  }

  static final Group USER =
      new Group(
          "langfuse.user.id",
          "user.id",
          "enduser.id",
          "langwatch.user.id",
          "langwatch.user_id",
          "ai.telemetry.metadata.userId",
          "ai.telemetry.metadata.user_id",
          "ai.telemetry.metadata.langfuse_user_id",
          "ai.telemetry.metadata.langfuseUserId",
          "traceloop.association.properties.user_id",
          "traceloop.association.properties.userId",
          "langfuse.trace.metadata.langfuse_user_id",
          "langsmith.metadata.user_id",
          "metadata.user_api_key_end_user_id",
          "metadata.user_api_key_user_id",
          "gen_ai.request.user",
          "llm.user");

  static final Group SESSION =
      new Group(
          "langfuse.session.id",
          "session.id",
          "gen_ai.conversation.id",
          "langwatch.thread.id",
          "langwatch.thread_id",
          "ai.telemetry.metadata.sessionId",
          "ai.telemetry.metadata.session_id",
          "ai.telemetry.metadata.langfuse_session_id",
          "traceloop.association.properties.session_id",
          "traceloop.association.properties.sessionId",
          "traceloop.association.properties.chat_id",
          "langfuse.trace.metadata.langfuse_session_id",
          "langsmith.trace.session_id",
          "langsmith.metadata.session_id",
          "langsmith.metadata.thread_id",
          "gcp.vertex.agent.session_id",
          "claude.code.session_id");

  static final Group ENVIRONMENT =
      new Group(
          "langfuse.environment",
          "deployment.environment.name",
          "deployment.environment",
          "gen_ai.environment");

  static final Group AGENT =
      new Group("gen_ai.agent.name", "agent_name", "agent.name", "llm.agent.name");

  static final Group FEATURE =
      new Group(
          "tokenledger.feature",
          "traceloop.workflow.name",
          "gen_ai.workflow.name",
          "ai.telemetry.functionId",
          "traceloop.association.properties.feature",
          "ai.telemetry.metadata.feature",
          "langfuse.trace.name");

  static final Group TOOL =
      new Group(
          "gen_ai.tool.name",
          "tool.name",
          "ai.toolCall.name",
          "traceloop.entity.name",
          "tool_name",
          "gen_ai.serialized.name");

  static final Group PROVIDER =
      new Group(
          "gen_ai.provider.name",
          "gen_ai.system",
          "llm.provider",
          "llm.system",
          "ai.model.provider");

  static final Group MODEL =
      new Group(
          "langfuse.observation.model.name",
          "gen_ai.response.model",
          "llm.response.model",
          "ai.response.model",
          "gen_ai.request.model",
          "llm.model_name",
          "llm.request.model",
          "embedding.model_name",
          "reranker.model_name",
          "ai.model.id",
          "model",
          "model_name",
          "langsmith.metadata.ls_model_name");

  static final Group PROMPT =
      new Group(
          "gen_ai.prompt.name",
          "langfuse.observation.prompt.name",
          "langfuse.prompt.name",
          "traceloop.prompt.key",
          "llm.prompt_template.name");

  static final Group PROMPT_VERSION =
      new Group(
          "gen_ai.prompt.version",
          "langfuse.observation.prompt.version",
          "langfuse.prompt.version",
          "traceloop.prompt.version",
          "llm.prompt_template.version");

  static final Group SERVICE_TIER =
      new Group(
          "openai.response.service_tier",
          "gen_ai.openai.response.service_tier",
          "gen_ai.response.service_tier",
          "openai.request.service_tier",
          "gen_ai.openai.request.service_tier",
          "gen_ai.request.service_tier");

  static final Group RESPONSE_ID =
      new Group("gen_ai.response.id", "llm.response.id", "ai.response.id");

  static final Group ANY_MODEL =
      new Group(
          "gen_ai.response.model",
          "gen_ai.request.model",
          "llm.model_name",
          "llm.response.model",
          "llm.request.model",
          "embedding.model_name",
          "reranker.model_name",
          "ai.model.id",
          "langfuse.observation.model.name");

  static final Group COST =
      new Group(
          "gen_ai.usage.cost",
          "gen_ai.usage.total_cost",
          "gen_ai.cost.total_cost",
          "llm.cost.total",
          "operation.cost",
          "cost_usd");

  static final Group FIRST_TOKEN_MILLIS =
      new Group("ai.response.msToFirstChunk", "ai.stream.msToFirstChunk", "ttft_ms");

  static final Group FIRST_TOKEN_UNCLEAR =
      new Group(
          "gen_ai.server.time_to_first_token",
          "gen_ai.server.ttft",
          "gen_ai.client.time_to_first_token");

  /** Names that stand for themselves. */
  private static final List<String> OTHERS =
      List.of(
          "ai.operationId",
          "ai.response.providerMetadata",
          "ai.telemetry.metadata.tags",
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
          "error.type",
          "exception.type",
          "gen_ai.agent.id",
          "gen_ai.agent.version",
          "gen_ai.cache_hit",
          "gen_ai.data_source.id",
          "gen_ai.embeddings.dimension.count",
          "gen_ai.operation.name",
          "gen_ai.output.type",
          "gen_ai.request.choice.count",
          "gen_ai.request.frequency_penalty",
          "gen_ai.request.is_stream",
          "gen_ai.request.max_tokens",
          "gen_ai.request.presence_penalty",
          "gen_ai.request.seed",
          "gen_ai.request.stream",
          "gen_ai.request.temperature",
          "gen_ai.request.top_k",
          "gen_ai.request.top_p",
          "gen_ai.response.completion_tokens",
          "gen_ai.response.finish_reasons",
          "gen_ai.response.prompt_tokens",
          "gen_ai.response.time_to_first_chunk",
          "gen_ai.tool.call.id",
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
          "gen_ai.usage.total_tokens",
          "graph.node.id",
          "input_tokens",
          "langfuse.observation.completion_start_time",
          "langfuse.observation.cost_details",
          "langfuse.observation.level",
          "langfuse.observation.type",
          "langfuse.observation.usage_details",
          "langfuse.release",
          "langfuse.trace.tags",
          "langfuse.version",
          "langsmith.span.kind",
          "langwatch.metrics",
          "langwatch.span.type",
          "llm.cache_hit",
          "llm.request.type",
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
          "logfire.span_type",
          "metadata",
          "mlflow.chat.tokenUsage",
          "mlflow.spanType",
          "openinference.span.kind",
          "operation.name",
          "output.value",
          "output_tokens",
          "server.address",
          "server.port",
          "service.name",
          "service.version",
          "success",
          "tag.tags",
          "telemetry.sdk.language",
          "tokenledger.cache_hit",
          "tokenledger.reservation_id",
          "traceloop.span.kind");

  /** Each name by itself, so that the one that is kept is always the same object. */
  private static final Map<String, Known> KNOWN = new HashMap<>();

  private static final TreeSet<String> SORTED = new TreeSet<>(OTHERS);

  /**
   * @param limit characters of a text under this name that are kept
   * @param groups the bits of the groups that it is in
   */
  record Known(String name, int limit, long groups) {}

  static {
    GROUPS.forEach(group -> SORTED.addAll(group.names));
    for (String name : SORTED) {
      int limit =
          name.equals(ANSWER) ? Integer.MAX_VALUE : JSON.contains(name) ? Text.JSON : Text.LONGEST;
      long groups = 0;
      for (Group group : GROUPS) {
        groups |= group.names.contains(name) ? group.bit : 0;
      }
      KNOWN.put(name, new Known(name, limit, groups));
    }
  }

  private AttributeNames() {}

  /** All names that are read, but for the free ones. */
  static Set<String> all() {
    return Collections.unmodifiableSet(SORTED);
  }

  /** What is known of a name; null for one that nobody asks for. */
  static @Nullable Known known(String name) {
    return KNOWN.get(name);
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
}
