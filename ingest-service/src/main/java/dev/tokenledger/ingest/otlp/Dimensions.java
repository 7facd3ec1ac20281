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
    return Text.identifier(first(span, AttributeNames.USER), Text.DIMENSION);
  }

  static @Nullable String session(SpanData span) {
    return Text.id(first(span, AttributeNames.SESSION));
  }

  static @Nullable String environment(SpanData span) {
    return Text.dimension(first(span, AttributeNames.ENVIRONMENT));
  }

  static @Nullable String agent(SpanData span, SpanKind kind) {
    Attributes attributes = span.attributes();
    String agent = attributes.text(AttributeNames.AGENT);
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
    String feature = first(span, AttributeNames.FEATURE);
    if (feature == null && "workflow".equals(attributes.text("traceloop.span.kind"))) {
      feature = attributes.text("traceloop.entity.name");
    }
    return Text.dimension(feature);
  }

  static @Nullable String tool(SpanData span) {
    String tool = span.attributes().text(AttributeNames.TOOL);
    return Text.dimension(tool == null ? afterPrefix(span.name(), "execute_tool ") : tool);
  }

  /** The provider in lower case, without what is no provider. */
  static @Nullable String provider(Attributes attributes) {
    String named = attributes.text(AttributeNames.PROVIDER);
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
    String model = attributes.text(AttributeNames.MODEL);
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
    return Text.dimension(attributes.text(AttributeNames.PROMPT));
  }

  static @Nullable String promptVersion(Attributes attributes) {
    return Text.dimension(attributes.text(AttributeNames.PROMPT_VERSION));
  }

  static @Nullable String serviceTier(Attributes attributes) {
    return Text.dimension(attributes.text(AttributeNames.SERVICE_TIER));
  }

  static @Nullable String responseId(Attributes attributes) {
    return Text.id(attributes.text(AttributeNames.RESPONSE_ID));
  }

  private static @Nullable String first(SpanData span, AttributeNames.Group names) {
    String value = span.attributes().text(names);
    return value == null ? span.resource().text(names) : value;
  }

  private static String afterPrefix(String name, String prefix) {
    return name.startsWith(prefix) ? name.substring(prefix.length()) : name;
  }
}
