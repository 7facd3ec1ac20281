package dev.tokenledger.ingest.otlp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.common.v1.KeyValueList;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Writes an OTLP/JSON request in the binary encoding. */
final class OtlpProtobuf {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private OtlpProtobuf() {}

  static byte[] of(byte[] json) throws IOException {
    ExportTraceServiceRequest.Builder request = ExportTraceServiceRequest.newBuilder();
    for (JsonNode resourceSpans : MAPPER.readTree(json).path("resourceSpans")) {
      ResourceSpans.Builder resource = request.addResourceSpansBuilder();
      resource.setResource(
          Resource.newBuilder()
              .addAllAttributes(attributes(resourceSpans.path("resource").path("attributes"))));
      for (JsonNode scopeSpans : resourceSpans.path("scopeSpans")) {
        ScopeSpans.Builder scope = resource.addScopeSpansBuilder();
        scope.getScopeBuilder().setName(scopeSpans.path("scope").path("name").asText(""));
        for (JsonNode span : scopeSpans.path("spans")) {
          scope.addSpans(span(span));
        }
      }
    }
    return request.build().toByteArray();
  }

  private static Span span(JsonNode span) {
    Span.Builder built =
        Span.newBuilder()
            .setTraceId(id(span.path("traceId")))
            .setSpanId(id(span.path("spanId")))
            .setParentSpanId(id(span.path("parentSpanId")))
            .setName(span.path("name").asText(""))
            .setStartTimeUnixNano(span.path("startTimeUnixNano").asLong())
            .setEndTimeUnixNano(span.path("endTimeUnixNano").asLong())
            .addAllAttributes(attributes(span.path("attributes")))
            .setStatus(Status.newBuilder().setCodeValue(span.path("status").path("code").asInt()));
    for (JsonNode event : span.path("events")) {
      built
          .addEventsBuilder()
          .setName(event.path("name").asText(""))
          .setTimeUnixNano(event.path("timeUnixNano").asLong())
          .addAllAttributes(attributes(event.path("attributes")));
    }
    return built.build();
  }

  private static ByteString id(JsonNode hex) {
    return ByteString.copyFrom(HexFormat.of().parseHex(hex.asText("")));
  }

  private static List<KeyValue> attributes(JsonNode attributes) {
    List<KeyValue> list = new ArrayList<>();
    for (JsonNode attribute : attributes) {
      if (attribute.path("key").isTextual()) {
        list.add(
            KeyValue.newBuilder()
                .setKey(attribute.path("key").textValue())
                .setValue(value(attribute.path("value")))
                .build());
      }
    }
    return list;
  }

  private static AnyValue value(JsonNode value) {
    AnyValue.Builder any = AnyValue.newBuilder();
    if (value.path("stringValue").isTextual()) {
      any.setStringValue(value.path("stringValue").textValue());
    } else if (value.has("intValue")) {
      any.setIntValue(value.path("intValue").asLong());
    } else if (value.has("doubleValue")) {
      any.setDoubleValue(value.path("doubleValue").asDouble());
    } else if (value.has("boolValue")) {
      any.setBoolValue(value.path("boolValue").asBoolean());
    } else if (value.has("arrayValue")) {
      ArrayValue.Builder array = any.getArrayValueBuilder();
      value.path("arrayValue").path("values").forEach(element -> array.addValues(value(element)));
    } else if (value.has("kvlistValue")) {
      KeyValueList.Builder list = any.getKvlistValueBuilder();
      list.addAllValues(attributes(value.path("kvlistValue").path("values")));
    }
    return any.build();
  }
}
