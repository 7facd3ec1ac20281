package dev.tokenledger.ingest.otlp;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;

/** Writes OTLP/JSON requests for tests. */
final class OtlpJson {
  static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  static final String SPAN = "b7ad6b7169203331";

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final ObjectNode span = MAPPER.createObjectNode();
  private final ArrayNode attributes;

  private OtlpJson(String traceId, String spanId, String parentSpanId, String name) {
    span.put("traceId", traceId).put("spanId", spanId).put("name", name);
    if (parentSpanId != null) {
      span.put("parentSpanId", parentSpanId);
    }
    span.put("startTimeUnixNano", "1763633000000000000");
    span.put("endTimeUnixNano", "1763633002500000000");
    attributes = span.putArray("attributes");
  }

  static OtlpJson span(String traceId, String spanId, String parentSpanId, String name) {
    return new OtlpJson(traceId, spanId, parentSpanId, name);
  }

  /** A chat of gpt-4o without usage. */
  static OtlpJson chat() {
    return span(TRACE, SPAN, null, "chat gpt-4o")
        .with("gen_ai.operation.name", "chat")
        .with("gen_ai.request.model", "gpt-4o");
  }

  OtlpJson with(String key, Object value) {
    ObjectNode content = attributes.addObject().put("key", key).putObject("value");
    if (value instanceof Integer || value instanceof Long) {
      content.put("intValue", value.toString());
    } else if (value instanceof Double number) {
      content.put("doubleValue", number);
    } else if (value instanceof Boolean flag) {
      content.put("boolValue", flag);
    } else {
      content.put("stringValue", value.toString());
    }
    return this;
  }

  OtlpJson set(String field, Object value) {
    span.set(field, MAPPER.valueToTree(value));
    return this;
  }

  OtlpJson event(String name, String timeUnixNano, String key, String value) {
    ObjectNode event = span.withArray("events").addObject();
    event.put("name", name).put("timeUnixNano", timeUnixNano);
    event
        .putArray("attributes")
        .addObject()
        .put("key", key)
        .putObject("value")
        .put("stringValue", value);
    return this;
  }

  @Override
  public String toString() {
    return span.toString();
  }

  static byte[] request(Object... spans) {
    return resource("{}", spans);
  }

  static byte[] resource(String resource, Object... spans) {
    StringBuilder joined = new StringBuilder();
    for (Object span : spans) {
      joined.append(joined.length() == 0 ? "" : ",").append(span);
    }
    return ("{\"resourceSpans\":[{\"resource\":"
            + resource
            + ",\"scopeSpans\":[{\"scope\":{\"name\":\"test\"},\"spans\":["
            + joined
            + "]}]}]}")
        .getBytes(StandardCharsets.UTF_8);
  }
}
