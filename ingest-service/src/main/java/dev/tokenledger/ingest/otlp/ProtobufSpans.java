package dev.tokenledger.ingest.otlp;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads spans from the binary encoding. */
final class ProtobufSpans {
  private ProtobufSpans() {}

  static void read(byte[] body, SpanSink sink) {
    ExportTraceServiceRequest request = parse(body);
    for (ResourceSpans resourceSpans : request.getResourceSpansList()) {
      Attributes resource = attributes(resourceSpans.getResource().getAttributesList());
      for (ScopeSpans scopeSpans : resourceSpans.getScopeSpansList()) {
        String scope = scopeSpans.getScope().getName();
        for (Span span : scopeSpans.getSpansList()) {
          sink.accept(() -> span(span, scope, resource));
        }
      }
    }
  }

  private static ExportTraceServiceRequest parse(byte[] body) {
    try {
      return ExportTraceServiceRequest.parseFrom(body);
    } catch (InvalidProtocolBufferException strict) {
      try {
        return ExportTraceServiceRequest.parseFrom(RepairedText.of(body));
      } catch (InvalidProtocolBufferException e) {
        e.addSuppressed(strict);
        throw new ProblemException(
            ProblemCode.MALFORMED_BODY,
            "The body is no ExportTraceServiceRequest in protobuf encoding, or was cut. Send"
                + " OTLP/JSON with Content-Type application/json.",
            e);
      }
    }
  }

  private static SpanData span(Span span, String scope, Attributes resource) throws Refusal {
    return new SpanData(
        Ids.trace(span.getTraceId().toByteArray()),
        Ids.span(span.getSpanId().toByteArray()),
        Ids.parent(span.getParentSpanId().toByteArray()),
        span.getName(),
        scope,
        span.getStartTimeUnixNano(),
        span.getEndTimeUnixNano(),
        span.getStatus().getCode() == Status.StatusCode.STATUS_CODE_ERROR,
        attributes(span.getAttributesList()),
        resource,
        events(span.getEventsList()));
  }

  private static List<SpanData.Event> events(List<Span.Event> events) {
    List<SpanData.Event> read = new ArrayList<>(events.size());
    for (Span.Event event : events) {
      read.add(
          new SpanData.Event(
              event.getName(), event.getTimeUnixNano(), attributes(event.getAttributesList())));
    }
    return read;
  }

  private static Attributes attributes(List<KeyValue> keyValues) {
    if (keyValues.isEmpty()) {
      return Attributes.NONE;
    }
    Map<String, Object> values = new HashMap<>(keyValues.size() * 2);
    for (KeyValue keyValue : keyValues) {
      put(values, keyValue.getKey(), keyValue.getValue(), 0);
    }
    return new Attributes(values);
  }

  private static void put(Map<String, Object> values, String key, AnyValue value, int depth) {
    switch (value.getValueCase()) {
      case STRING_VALUE -> values.put(key, value.getStringValue());
      case INT_VALUE -> values.put(key, value.getIntValue());
      case DOUBLE_VALUE -> values.put(key, value.getDoubleValue());
      case BOOL_VALUE -> values.put(key, value.getBoolValue());
      case BYTES_VALUE -> utf8(value.getBytesValue(), values, key);
      case ARRAY_VALUE -> {
        List<Object> elements = new ArrayList<>();
        for (AnyValue element : value.getArrayValue().getValuesList()) {
          Map<String, Object> one = new HashMap<>(2);
          if (element.getValueCase() != AnyValue.ValueCase.ARRAY_VALUE) {
            put(one, "", element, Attributes.MAX_DEPTH);
          }
          elements.addAll(one.values());
        }
        values.put(key, elements);
      }
      case KVLIST_VALUE -> {
        if (depth < Attributes.MAX_DEPTH) {
          for (KeyValue entry : value.getKvlistValue().getValuesList()) {
            put(values, key + '.' + entry.getKey(), entry.getValue(), depth + 1);
          }
        }
      }
      case VALUE_NOT_SET -> {}
    }
  }

  private static void utf8(ByteString bytes, Map<String, Object> values, String key) {
    if (bytes.isValidUtf8()) {
      values.put(key, bytes.toStringUtf8());
    }
  }
}
