package dev.tokenledger.ingest.otlp;

import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a span says about who, where and what for. Names are asked from the most deliberate
 * (an SDK's own) to the most general; a resource answers where the span does not.
 */
final class Dimensions {
  private static final Set<String> USERS =
      Set.of("user_id", "userid", "user", "user.id", "langfuse_user_id", "enduser.id");

  private static final Set<String> SESSIONS =
      Set.of("session_id", "sessionid", "session.id", "langfuse_session_id", "thread_id");

  /** What orchestrates calls and is written where a provider belongs. */
  private static final Set<String> FRAMEWORKS =
      Set.of(
          "strands-agents",
          "langchain",
          "langgraph",
          "llama_index",
          "llamaindex",
          "crewai",
          "autogen",
          "semantic_kernel",
          "microsoft.agent_framework",
          "microsoft.extensions.ai",
          "pydantic_ai",
          "agno");

  /** What Vercel's AI SDK appends to a provider's name. */
  private static final Set<String> AI_SDK_APIS =
      Set.of(
          "chat",
          "messages",
          "responses",
          "completion",
          "embedding",
          "textembedding",
          "image",
          "generative-ai",
          "transcription",
          "speech");

  private Dimensions() {}

  static boolean isPersonal(String name) {
    String key = name.toLowerCase(Locale.ROOT);
    return USERS.contains(key) || SESSIONS.contains(key);
  }

  static @Nullable String user(SpanData span) {
    return Text.identifier(
        first(
            span,
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
            "llm.user"),
        Text.DIMENSION);
  }

  static @Nullable String session(SpanData span) {
    return Text.id(
        first(
            span,
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
            "claude.code.session_id"));
  }

  static @Nullable String environment(SpanData span) {
    return Text.dimension(
        first(
            span,
            "langfuse.environment",
            "deployment.environment.name",
            "deployment.environment",
            "gen_ai.environment"));
  }

  static @Nullable String agent(SpanData span, SpanKind kind) {
    Attributes attributes = span.attributes();
    String agent =
        attributes.text("gen_ai.agent.name", "agent_name", "agent.name", "llm.agent.name");
    if (agent == null && kind == SpanKind.AGENT) {
      agent = attributes.text("traceloop.entity.name", "graph.node.id");
      if (agent == null) {
        agent = afterPrefix(span.name(), "invoke_agent ");
      }
    }
    return Text.dimension(agent);
  }

  static @Nullable String feature(SpanData span) {
    Attributes attributes = span.attributes();
    String feature =
        first(
            span,
            "tokenledger.feature",
            "traceloop.workflow.name",
            "gen_ai.workflow.name",
            "ai.telemetry.functionId",
            "traceloop.association.properties.feature",
            "ai.telemetry.metadata.feature",
            "langfuse.trace.name");
    if (feature == null && "workflow".equals(attributes.text("traceloop.span.kind"))) {
      feature = attributes.text("traceloop.entity.name");
    }
    return Text.dimension(feature);
  }

  static @Nullable String tool(SpanData span) {
    String tool =
        span.attributes()
            .text(
                "gen_ai.tool.name",
                "tool.name",
                "ai.toolCall.name",
                "traceloop.entity.name",
                "tool_name",
                "gen_ai.serialized.name");
    return Text.dimension(tool == null ? afterPrefix(span.name(), "execute_tool ") : tool);
  }

  /** The provider in lower case, without what is no provider. */
  static @Nullable String provider(Attributes attributes) {
    String named =
        attributes.text(
            "gen_ai.provider.name",
            "gen_ai.system",
            "llm.provider",
            "llm.system",
            "ai.model.provider");
    if (named == null) {
      return null;
    }
    String provider = named.strip().toLowerCase(Locale.ROOT);
    if (FRAMEWORKS.contains(provider)) {
      return null;
    }
    if (provider.equals("gcp.vertex.agent")) {
      return "gcp.gen_ai";
    }
    int dot = provider.lastIndexOf('.');
    if (dot > 0 && AI_SDK_APIS.contains(provider.substring(dot + 1))) {
      provider = provider.substring(0, dot);
    }
    return Text.dimension(provider);
  }

  /** The model that answered, or else the one that was asked, without Google's resource path. */
  static @Nullable String model(Attributes attributes) {
    String model =
        attributes.text(
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
            "model_name",
            "langsmith.metadata.ls_model_name");
    if (model == null) {
      return null;
    }
    int path = model.lastIndexOf("/models/");
    if (path >= 0 && model.contains("/publishers/")) {
      model = model.substring(path + "/models/".length());
    } else if (model.startsWith("models/")) {
      model = model.substring("models/".length());
    }
    return Text.dimension(model);
  }

  static @Nullable String prompt(Attributes attributes) {
    return Text.dimension(
        attributes.text(
            "gen_ai.prompt.name",
            "langfuse.observation.prompt.name",
            "langfuse.prompt.name",
            "traceloop.prompt.key",
            "llm.prompt_template.name"));
  }

  static @Nullable String promptVersion(Attributes attributes) {
    return Text.dimension(
        attributes.text(
            "gen_ai.prompt.version",
            "langfuse.observation.prompt.version",
            "langfuse.prompt.version",
            "traceloop.prompt.version",
            "llm.prompt_template.version"));
  }

  static @Nullable String serviceTier(Attributes attributes) {
    return Text.dimension(
        attributes.text(
            "openai.response.service_tier",
            "gen_ai.openai.response.service_tier",
            "gen_ai.response.service_tier",
            "openai.request.service_tier",
            "gen_ai.openai.request.service_tier",
            "gen_ai.request.service_tier"));
  }

  static @Nullable String responseId(Attributes attributes) {
    return Text.id(attributes.text("gen_ai.response.id", "llm.response.id", "ai.response.id"));
  }

  private static @Nullable String first(SpanData span, String... names) {
    String value = span.attributes().text(names);
    return value == null ? span.resource().text(names) : value;
  }

  private static String afterPrefix(String name, String prefix) {
    return name.startsWith(prefix) ? name.substring(prefix.length()) : name;
  }
}
