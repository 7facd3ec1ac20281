package dev.tokenledger.ingest.otlp;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tokenledger.ingest.privacy.ContentNames;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the attributes that are stored with an event.
 *
 * <p>Only names known to be harmless are kept. Instrumentations put prompts, answers, arguments and
 * results of tools under names without number ({@code input.value}, {@code final_result}, {@code
 * tool_response}, {@code mlflow.spanInputs}…), so a list of what to drop could never be complete.
 * What an application wants to see goes under {@code tokenledger.tags.} (a dimension) or {@code
 * tokenledger.attributes.} (the detail view alone); metadata that it declared to its SDK is kept
 * for the detail view, unless its name says that somebody wrote it.
 */
final class KeptAttributes {
  private static final int MAX_TAGS = 20;
  private static final int MAX_ATTRIBUTES = 40;
  private static final int MAX_NAME = 64;

  /** What is sent under these names is meant to be kept, whatever it is. */
  private static final String OUR_OWN = "tokenledger.";

  private static final List<String> TAG_PREFIXES =
      List.of("tokenledger.tags.", "traceloop.association.properties.");

  private static final List<String> METADATA_PREFIXES =
      List.of(
          "tokenledger.attributes.",
          "ai.telemetry.metadata.",
          "langfuse.trace.metadata.",
          "langfuse.observation.metadata.");

  private static final Set<String> KEPT =
      Set.of(
          "gen_ai.request.temperature",
          "gen_ai.request.top_p",
          "gen_ai.request.top_k",
          "gen_ai.request.max_tokens",
          "gen_ai.request.choice.count",
          "gen_ai.request.seed",
          "gen_ai.request.stream",
          "gen_ai.request.is_stream",
          "gen_ai.request.frequency_penalty",
          "gen_ai.request.presence_penalty",
          "gen_ai.request.model",
          "gen_ai.response.finish_reasons",
          "gen_ai.output.type",
          "gen_ai.agent.id",
          "gen_ai.agent.version",
          "gen_ai.tool.call.id",
          "gen_ai.tool.type",
          "gen_ai.embeddings.dimension.count",
          "gen_ai.data_source.id",
          "server.address",
          "server.port",
          "tag.tags",
          "langfuse.trace.tags",
          "ai.telemetry.metadata.tags",
          "langfuse.version",
          "langfuse.release");

  private static final Set<String> RESOURCE_KEPT =
      Set.of("service.version", "langfuse.release", "telemetry.sdk.language");

  private KeptAttributes() {}

  static Map<String, String> tags(SpanData span) {
    Map<String, String> tags = new HashMap<>();
    String service = span.resource().text("service.name");
    if (service != null && !service.startsWith("unknown_service")) {
      put(tags, "service", service, MAX_TAGS);
    }
    collect(span.attributes(), TAG_PREFIXES, tags, MAX_TAGS);
    collect(span.resource(), TAG_PREFIXES, tags, MAX_TAGS);
    // These are dimensions of their own; as tags they would be shown without their pseudonym.
    tags.keySet().removeIf(Dimensions::isPersonal);
    return tags;
  }

  static Map<String, String> attributes(SpanData span) {
    Map<String, String> kept = new HashMap<>();
    put(kept, "otel.span.name", span.name(), MAX_ATTRIBUTES);
    put(kept, "otel.scope.name", span.scope(), MAX_ATTRIBUTES);
    copy(span.attributes(), KEPT, kept);
    copy(span.resource(), RESOURCE_KEPT, kept);
    collect(span.attributes(), METADATA_PREFIXES, kept, MAX_ATTRIBUTES);
    // OpenInference's metadata: one object of what the application declared.
    for (Map.Entry<String, JsonNode> entry :
        Json.object(span.attributes().text("metadata")).properties()) {
      if (entry.getValue().isValueNode() && !ContentNames.contains(entry.getKey())) {
        put(kept, entry.getKey(), entry.getValue().asText(), MAX_ATTRIBUTES);
      }
    }
    kept.keySet().removeIf(Dimensions::isPersonal);
    return kept;
  }

  private static void copy(Attributes from, Set<String> names, Map<String, String> into) {
    for (Map.Entry<String, Object> entry : from.entries()) {
      if (names.contains(entry.getKey())) {
        put(into, entry.getKey(), Attributes.asText(entry.getValue()), MAX_ATTRIBUTES);
      }
    }
  }

  private static void collect(
      Attributes from, List<String> prefixes, Map<String, String> into, int max) {
    for (Map.Entry<String, Object> entry : from.entries()) {
      for (String prefix : prefixes) {
        if (entry.getKey().startsWith(prefix)
            && (prefix.startsWith(OUR_OWN) || !ContentNames.contains(entry.getKey()))) {
          put(
              into,
              entry.getKey().substring(prefix.length()),
              unquoted(Attributes.asText(entry.getValue())),
              max);
        }
      }
    }
  }

  /** Langfuse's SDKs write metadata as JSON, so that plain text comes in quotes. */
  private static String unquoted(String value) {
    return value.length() > 1 && value.startsWith("\"") && value.endsWith("\"")
        ? value.substring(1, value.length() - 1)
        : value;
  }

  private static void put(Map<String, String> into, String name, @Nullable String value, int max) {
    String key = Text.bounded(name, MAX_NAME);
    String text = Text.bounded(value, Text.DETAIL);
    if (key != null && text != null && (into.size() < max || into.containsKey(key))) {
      into.put(key, text);
    }
  }
}
