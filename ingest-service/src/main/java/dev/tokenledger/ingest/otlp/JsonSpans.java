package dev.tokenledger.ingest.otlp;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.tokenledger.ingest.event.RejectionCode;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads spans from the JSON encoding: identifiers in hex, 64-bit numbers as text or number, enums
 * as number or name, names in lower camel case (snake case is understood as well). Unknown names
 * are ignored, as the specification demands. What is broken within a span refuses that span alone.
 */
final class JsonSpans {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private JsonSpans() {}

  static void read(byte[] body, SpanSink sink) {
    JsonNode request = parse(body);
    for (JsonNode resourceSpans : array(request, "resourceSpans", "resource_spans")) {
      Attributes resource =
          lenientAttributes(field(field(resourceSpans, "resource"), "attributes"));
      for (JsonNode scopeSpans : array(resourceSpans, "scopeSpans", "scope_spans")) {
        String scope = field(field(scopeSpans, "scope"), "name").asText("");
        for (JsonNode span : array(scopeSpans, "spans", "spans")) {
          sink.accept(() -> span(span, scope, resource));
        }
      }
    }
  }

  private static JsonNode parse(byte[] body) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException e) {
      throw new ProblemException(
          ProblemCode.INVALID_UTF8, "The OTLP/JSON body is not valid UTF-8.", e);
    }
    JsonNode request;
    try {
      // A byte order mark is no JSON, but some writers begin every text with it.
      request = MAPPER.readTree(text.startsWith("\uFEFF") ? text.substring(1) : text);
    } catch (JsonProcessingException e) {
      throw new ProblemException(
          ProblemCode.MALFORMED_BODY,
          "The body is no valid JSON"
              + (e.getLocation() == null
                  ? ""
                  : " (line "
                      + e.getLocation().getLineNr()
                      + ", column "
                      + e.getLocation().getColumnNr()
                      + ")")
              + "; it was cut or is not OTLP/JSON.",
          e);
    }
    if (!request.isObject()) {
      throw new ProblemException(
          ProblemCode.MALFORMED_BODY,
          "The body is no JSON object; send an ExportTraceServiceRequest with resourceSpans.");
    }
    return request;
  }

  /** The elements under a name; a missing or null field is empty, anything else breaks the body. */
  private static Iterable<JsonNode> array(JsonNode parent, String name, String snakeName) {
    JsonNode node = field(parent, name);
    if (node.isMissingNode()) {
      node = field(parent, snakeName);
    }
    if (node.isMissingNode()) {
      return List.of();
    }
    if (!node.isArray()) {
      throw new ProblemException(
          ProblemCode.MALFORMED_BODY, "The field " + name + " is no array; see the OTLP schema.");
    }
    return node;
  }

  /** The field, missing when it is absent or null. */
  private static JsonNode field(JsonNode parent, String name) {
    JsonNode node = parent.path(name);
    return node.isNull() ? MissingNode.getInstance() : node;
  }

  private static JsonNode field(JsonNode parent, String name, String snakeName) {
    JsonNode node = field(parent, name);
    return node.isMissingNode() ? field(parent, snakeName) : node;
  }

  private static SpanData span(JsonNode span, String scope, Attributes resource) throws Refusal {
    if (!span.isObject()) {
      throw new Refusal(RejectionCode.MALFORMED_EVENT, "The span is no JSON object.");
    }
    String traceId = Ids.trace(id(span, "trace id", "traceId", "trace_id"));
    String spanId = Ids.span(id(span, "span id", "spanId", "span_id"));
    return new SpanData(
        traceId,
        spanId,
        Ids.parent(id(span, "parent span id", "parentSpanId", "parent_span_id")),
        field(span, "name").asText(""),
        scope,
        nanos(field(span, "startTimeUnixNano", "start_time_unix_nano")),
        nanos(field(span, "endTimeUnixNano", "end_time_unix_nano")),
        isError(field(field(span, "status"), "code")),
        attributes(field(span, "attributes")),
        resource,
        events(field(span, "events")));
  }

  private static byte[] id(JsonNode span, String what, String name, String snakeName)
      throws Refusal {
    JsonNode node = field(span, name, snakeName);
    if (node.isMissingNode()) {
      return new byte[0];
    }
    if (!node.isTextual()) {
      throw new Refusal(RejectionCode.INVALID_TRACE_ID, "The " + what + " is no text.");
    }
    return Ids.bytes(what, node.textValue());
  }

  private static long nanos(JsonNode node) throws Refusal {
    if (node.isMissingNode()) {
      return 0;
    }
    if (node.isIntegralNumber() && node.canConvertToLong()) {
      return node.longValue();
    }
    if (node.isTextual()) {
      try {
        return Long.parseUnsignedLong(node.textValue());
      } catch (NumberFormatException e) {
        throw badTime();
      }
    }
    throw badTime();
  }

  private static Refusal badTime() {
    return new Refusal(
        RejectionCode.INVALID_TIME, "A time of the span is no number of nanoseconds since 1970.");
  }

  private static boolean isError(JsonNode code) {
    return code.isNumber()
        ? code.asInt() == 2
        : code.asText("").equals("2") || code.asText("").endsWith("ERROR");
  }

  private static List<SpanData.Event> events(JsonNode events) {
    if (!events.isArray()) {
      return List.of();
    }
    List<SpanData.Event> read = new ArrayList<>(events.size());
    for (JsonNode event : events) {
      read.add(
          new SpanData.Event(
              field(event, "name").asText(""),
              field(event, "timeUnixNano", "time_unix_nano").asLong(0),
              lenientAttributes(field(event, "attributes"))));
    }
    return read;
  }

  private static Attributes attributes(JsonNode keyValues) throws Refusal {
    if (!keyValues.isMissingNode() && !keyValues.isArray()) {
      throw new Refusal(
          RejectionCode.MALFORMED_EVENT,
          "The attributes are no array of {key, value}; OTLP/JSON does not take an object.");
    }
    return lenientAttributes(keyValues);
  }

  private static Attributes lenientAttributes(JsonNode keyValues) {
    Map<String, Object> values = new HashMap<>();
    putAll(values, "", keyValues, 0);
    return values.isEmpty() ? Attributes.NONE : new Attributes(values);
  }

  private static void putAll(
      Map<String, Object> values, String prefix, JsonNode keyValues, int depth) {
    if (!keyValues.isArray()) {
      return;
    }
    for (JsonNode keyValue : keyValues) {
      JsonNode key = field(keyValue, "key");
      if (key.isTextual()) {
        put(values, prefix + key.textValue(), field(keyValue, "value"), depth);
      }
    }
  }

  private static void put(Map<String, Object> values, String key, JsonNode value, int depth) {
    for (Map.Entry<String, JsonNode> entry : value.properties()) {
      JsonNode content = entry.getValue();
      switch (entry.getKey()) {
        case "kvlistValue", "kvlist_value" -> {
          if (depth < Attributes.MAX_DEPTH) {
            putAll(values, key + '.', field(content, "values"), depth + 1);
          }
        }
        case "arrayValue", "array_value" -> values.put(key, list(field(content, "values")));
        case "stringValue", "string_value" -> putScalar(values, key, content);
        case "boolValue", "bool_value" -> putScalar(values, key, content);
        case "intValue", "int_value", "doubleValue", "double_value" ->
            putScalar(values, key, content);
        default -> {}
      }
    }
  }

  private static void putScalar(Map<String, Object> values, String key, JsonNode content) {
    Object scalar = scalar(content);
    if (scalar != null) {
      values.put(key, scalar);
    }
  }

  private static List<Object> list(JsonNode elements) {
    List<Object> list = new ArrayList<>();
    for (JsonNode element : elements) {
      for (JsonNode content : element) {
        Object scalar = scalar(content);
        if (scalar != null) {
          list.add(scalar);
        }
      }
    }
    return list;
  }

  private static @Nullable Object scalar(JsonNode node) {
    if (node.isTextual()) {
      return node.textValue();
    }
    if (node.isBoolean()) {
      return node.booleanValue();
    }
    if (node.isIntegralNumber() && node.canConvertToLong()) {
      return node.longValue();
    }
    return node.isNumber() ? (Object) node.decimalValue() : null;
  }
}
