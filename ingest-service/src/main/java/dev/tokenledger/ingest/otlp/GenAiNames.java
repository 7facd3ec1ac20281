package dev.tokenledger.ingest.otlp;

import java.util.List;
import java.util.Map;

/** Tells the spans of GenAI from the many of web frameworks and databases around them. */
final class GenAiNames {
  private static final List<String> PREFIXES =
      List.of(
          "gen_ai.",
          "llm.",
          "openinference.",
          "ai.",
          "traceloop.",
          "langfuse.",
          "langsmith.",
          "langwatch.",
          "mlflow.",
          "agent_name",
          "operation.name",
          "embedding.",
          "reranker.",
          "tokenledger.");

  private GenAiNames() {}

  static boolean isGenAi(SpanData span) {
    for (Map.Entry<String, Object> entry : span.attributes().entries()) {
      for (String prefix : PREFIXES) {
        if (entry.getKey().startsWith(prefix)) {
          return true;
        }
      }
    }
    return span.name().startsWith("claude_code.");
  }
}
