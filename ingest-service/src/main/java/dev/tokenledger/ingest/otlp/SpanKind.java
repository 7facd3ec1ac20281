package dev.tokenledger.ingest.otlp;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a span is to the ledger. Conventions are asked in an order that goes from what an
 * application declared to what can only be guessed; the first that knows decides.
 */
enum SpanKind {
  CALL,
  AGENT,
  TOOL,
  /** Anything else: a chain, a retrieval, a web request. Its usage, if any, is a wrapper's. */
  OTHER;

  static SpanKind of(SpanData span) {
    Attributes attributes = span.attributes();
    SpanKind kind = declared(attributes);
    if (kind == null) {
      kind = operation(lower(attributes.text("gen_ai.operation.name")));
    }
    if (kind == null) {
      kind = aiSdk(attributes);
    }
    if (kind == null) {
      kind = framework(span);
    }
    if (kind == null) {
      kind = attributes.text(AttributeNames.ANY_MODEL) != null ? CALL : OTHER;
    }
    return kind;
  }

  /** Kinds that an SDK or instrumentation writes on the span itself. */
  private static @Nullable SpanKind declared(Attributes attributes) {
    if ("pending_span".equals(attributes.text("logfire.span_type"))) {
      // Logfire's announcement of a span that will be sent again once it has ended.
      return OTHER;
    }
    SpanKind kind = named(attributes.text("langfuse.observation.type"));
    if (kind == null) {
      kind = named(attributes.text("openinference.span.kind"));
    }
    return kind;
  }

  private static @Nullable SpanKind framework(SpanData span) {
    Attributes attributes = span.attributes();
    SpanKind kind = named(attributes.text("traceloop.span.kind"));
    if (kind == null) {
      kind = operation(lower(attributes.text("llm.request.type")));
    }
    if (kind == null) {
      kind =
          named(attributes.text("langsmith.span.kind", "langwatch.span.type", "mlflow.spanType"));
    }
    if (kind == null) {
      kind = claudeCode(span.name());
    }
    if (kind == null
        && (attributes.has("agent_name") || attributes.has("gen_ai.agent.name"))
        && (attributes.has("agent_name") || span.scope().startsWith("pydantic-ai"))
        && attributes.text("gen_ai.request.model", "gen_ai.response.model") == null) {
      kind = AGENT;
    }
    if (kind == null && attributes.text("gen_ai.tool.name", "gen_ai.tool.call.id") != null) {
      kind = TOOL;
    }
    return kind;
  }

  /**
   * A kind by the names that Langfuse, OpenInference, Traceloop, LangSmith, LangWatch and MLflow
   * use, the last in quotes.
   */
  private static @Nullable SpanKind named(@Nullable String name) {
    String kind = name == null ? null : lower(name.replace("\"", ""));
    return kind == null
        ? null
        : switch (kind) {
          case "generation", "llm", "chat_model", "embedding", "reranker", "rerank" -> CALL;
          case "agent" -> AGENT;
          case "tool" -> TOOL;
          case "chain",
              "retriever",
              "guardrail",
              "evaluator",
              "evaluation",
              "event",
              "prompt",
              "workflow",
              "task",
              "rag",
              "parser" ->
              OTHER;
          default -> null;
        };
  }

  /** A kind by {@code gen_ai.operation.name}, with the values that frameworks add. */
  private static @Nullable SpanKind operation(@Nullable String operation) {
    return operation == null
        ? null
        : switch (operation) {
          case "chat",
              "chat_completion",
              "completion",
              "text_completion",
              "generate_content",
              "generate",
              "responses",
              "embeddings",
              "embedding",
              "embed",
              "rerank",
              "image_generation",
              "generate_image",
              "image",
              "speech",
              "text_to_speech",
              "transcription",
              "translation",
              "audio" ->
              CALL;
          case "invoke_agent" -> AGENT;
          case "execute_tool", "tool" -> TOOL;
          case "create_agent", "invoke_workflow", "retrieval", "chain" -> OTHER;
          default -> null;
        };
  }

  /**
   * Vercel's AI SDK: {@code ai.generateText} wraps the steps {@code ai.generateText.doGenerate}.
   */
  private static @Nullable SpanKind aiSdk(Attributes attributes) {
    String operation = attributes.text("ai.operationId", "operation.name");
    if (operation == null || !operation.startsWith("ai.")) {
      return null;
    }
    if (operation.startsWith("ai.toolCall")) {
      return TOOL;
    }
    boolean providerCall = operation.contains(".do");
    return providerCall || attributes.has("gen_ai.response.model") ? CALL : OTHER;
  }

  private static @Nullable SpanKind claudeCode(String name) {
    return switch (name) {
      case "claude_code.llm_request" -> CALL;
      case "claude_code.interaction" -> AGENT;
      case "claude_code.tool" -> TOOL;
      default -> null;
    };
  }

  private static @Nullable String lower(@Nullable String text) {
    return text == null ? null : text.toLowerCase(Locale.ROOT);
  }
}
