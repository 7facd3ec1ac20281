package dev.tokenledger.ingest.otlp;

/** Tells the spans of GenAI from the many of web frameworks and databases around them. */
final class GenAiNames {
  private GenAiNames() {}

  static boolean isGenAi(SpanData span) {
    return span.attributes().isGenAi() || span.name().startsWith("claude_code.");
  }

  /** True for the name of an attribute that only spans of GenAI have. */
  static boolean isGenAi(String name) {
    if (name.isEmpty()) {
      return false;
    }
    return switch (name.charAt(0)) {
      case 'g' -> name.startsWith("gen_ai.");
      case 'l' ->
          name.startsWith("llm.")
              || name.startsWith("langfuse.")
              || name.startsWith("langsmith.")
              || name.startsWith("langwatch.");
      case 'a' -> name.startsWith("ai.") || name.startsWith("agent_name");
      case 'o' -> name.startsWith("openinference.") || name.startsWith("operation.name");
      case 't' -> name.startsWith("traceloop.") || name.startsWith("tokenledger.");
      case 'm' -> name.startsWith("mlflow.");
      case 'e' -> name.startsWith("embedding.");
      case 'r' -> name.startsWith("reranker.");
      default -> false;
    };
  }
}
