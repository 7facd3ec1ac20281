package dev.tokenledger.ingest.otlp;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import dev.tokenledger.ingest.body.Body;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.common.v1.KeyValueList;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads spans from the binary encoding, as a stream: the generated classes would make hundreds of
 * bytes of a message of two. What nobody asks for is passed over. Text that is not UTF-8, such as a
 * prompt that was cut within a character, has U+FFFD where it is none: an exporter that is refused
 * drops the whole batch. What is broken within a span refuses that span alone.
 */
final class ProtobufSpans {
  /** Bytes of one text that is read; a longer one is passed over. */
  private static final int MAX_TEXT = 10_000_000;

  private static final int BYTES = WireFormat.WIRETYPE_LENGTH_DELIMITED;
  private static final int FIXED64 = WireFormat.WIRETYPE_FIXED64;
  private static final int VARINT = WireFormat.WIRETYPE_VARINT;

  private static final int RESOURCE_SPANS =
      ExportTraceServiceRequest.RESOURCE_SPANS_FIELD_NUMBER << 3 | BYTES;
  private static final int RESOURCE = ResourceSpans.RESOURCE_FIELD_NUMBER << 3 | BYTES;
  private static final int SCOPE_SPANS = ResourceSpans.SCOPE_SPANS_FIELD_NUMBER << 3 | BYTES;
  private static final int RESOURCE_ATTRIBUTES = Resource.ATTRIBUTES_FIELD_NUMBER << 3 | BYTES;
  private static final int SCOPE = ScopeSpans.SCOPE_FIELD_NUMBER << 3 | BYTES;
  private static final int SPANS = ScopeSpans.SPANS_FIELD_NUMBER << 3 | BYTES;
  private static final int SCOPE_NAME = InstrumentationScope.NAME_FIELD_NUMBER << 3 | BYTES;
  private static final int TRACE_ID = Span.TRACE_ID_FIELD_NUMBER << 3 | BYTES;
  private static final int SPAN_ID = Span.SPAN_ID_FIELD_NUMBER << 3 | BYTES;
  private static final int PARENT_SPAN_ID = Span.PARENT_SPAN_ID_FIELD_NUMBER << 3 | BYTES;
  private static final int NAME = Span.NAME_FIELD_NUMBER << 3 | BYTES;
  private static final int START = Span.START_TIME_UNIX_NANO_FIELD_NUMBER << 3 | FIXED64;
  private static final int END = Span.END_TIME_UNIX_NANO_FIELD_NUMBER << 3 | FIXED64;
  private static final int ATTRIBUTES = Span.ATTRIBUTES_FIELD_NUMBER << 3 | BYTES;
  private static final int EVENTS = Span.EVENTS_FIELD_NUMBER << 3 | BYTES;
  private static final int STATUS = Span.STATUS_FIELD_NUMBER << 3 | BYTES;
  private static final int STATUS_CODE = Status.CODE_FIELD_NUMBER << 3 | VARINT;
  private static final int EVENT_TIME = Span.Event.TIME_UNIX_NANO_FIELD_NUMBER << 3 | FIXED64;
  private static final int EVENT_NAME = Span.Event.NAME_FIELD_NUMBER << 3 | BYTES;
  private static final int EVENT_ATTRIBUTES = Span.Event.ATTRIBUTES_FIELD_NUMBER << 3 | BYTES;
  private static final int KEY = KeyValue.KEY_FIELD_NUMBER << 3 | BYTES;
  private static final int VALUE = KeyValue.VALUE_FIELD_NUMBER << 3 | BYTES;
  private static final int STRING_VALUE = AnyValue.STRING_VALUE_FIELD_NUMBER << 3 | BYTES;
  private static final int BOOL_VALUE = AnyValue.BOOL_VALUE_FIELD_NUMBER << 3 | VARINT;
  private static final int INT_VALUE = AnyValue.INT_VALUE_FIELD_NUMBER << 3 | VARINT;
  private static final int DOUBLE_VALUE = AnyValue.DOUBLE_VALUE_FIELD_NUMBER << 3 | FIXED64;
  private static final int ARRAY_VALUE = AnyValue.ARRAY_VALUE_FIELD_NUMBER << 3 | BYTES;
  private static final int KVLIST_VALUE = AnyValue.KVLIST_VALUE_FIELD_NUMBER << 3 | BYTES;
  private static final int BYTES_VALUE = AnyValue.BYTES_VALUE_FIELD_NUMBER << 3 | BYTES;
  private static final int ELEMENTS = ArrayValue.VALUES_FIELD_NUMBER << 3 | BYTES;
  private static final int MEMBERS = KeyValueList.VALUES_FIELD_NUMBER << 3 | BYTES;

  private final Body body;
  private final Body.Source source;
  private final CodedInputStream in;
  private final Envelope envelope;
  private final SpanSink sink;
  private final SpanFields fields = new SpanFields();
  private final AttributeCollector collector = new AttributeCollector();

  private ProtobufSpans(Body body, Body.Source source, Envelope envelope, SpanSink sink) {
    this.body = body;
    this.source = source;
    this.in = CodedInputStream.newInstance(source);
    this.envelope = envelope;
    this.sink = sink;
  }

  static void read(Body body, Envelope envelope, SpanSink sink) {
    try (Body.Source source = body.open()) {
      new ProtobufSpans(body, source, envelope, sink).request();
    } catch (IOException e) {
      throw new ProblemException(
          ProblemCode.MALFORMED_BODY,
          "The body is no ExportTraceServiceRequest in protobuf encoding, or was cut. Send"
              + " OTLP/JSON with Content-Type application/json.",
          e);
    }
  }

  private interface Field {
    /** Reads the field if it is known; false when it is not, and nothing was read. */
    boolean read(int tag) throws IOException;
  }

  /** Reads the fields of a message until its end, passing over what is not known. */
  private void message(Field field) throws IOException {
    int end = in.pushLimit(in.readRawVarint32());
    fields(field);
    in.popLimit(end);
  }

  private void fields(Field field) throws IOException {
    int tag;
    while ((tag = in.readTag()) != 0) {
      if (!field.read(tag)) {
        skip(tag);
      }
    }
    if (in.getBytesUntilLimit() > 0) {
      // The body ends here, though the message should go on.
      throw new InvalidProtocolBufferException("a message breaks off");
    }
  }

  private void skip(int tag) throws IOException {
    if (WireFormat.getTagWireType(tag) == BYTES) {
      in.skipRawBytes(in.readRawVarint32());
    } else if (!in.skipField(tag)) {
      throw new InvalidProtocolBufferException("a group ends that never began");
    }
  }

  private void request() throws IOException {
    fields(
        tag -> {
          if (tag != RESOURCE_SPANS) {
            return false;
          }
          envelope.beginResource();
          message(this::resourceSpans);
          envelope.endResource();
          return true;
        });
  }

  private boolean resourceSpans(int tag) throws IOException {
    if (tag == RESOURCE && envelope.wantsResource()) {
      collector.clear();
      message(this::resource);
      body.keeps(SpanSink.bytes(collector.characters()));
      envelope.resource(collector.finish());
      return true;
    }
    if (tag == SCOPE_SPANS) {
      envelope.beginScope();
      message(this::scopeSpans);
      envelope.endScope();
      return true;
    }
    return false;
  }

  private boolean resource(int tag) throws IOException {
    return tag == RESOURCE_ATTRIBUTES && attribute(collector);
  }

  private boolean scopeSpans(int tag) throws IOException {
    if (tag == SCOPE && envelope.wantsScope()) {
      message(this::scope);
      return true;
    }
    if (tag == SPANS && envelope.wantsSpans()) {
      span();
      return true;
    }
    return false;
  }

  private boolean scope(int tag) throws IOException {
    if (tag != SCOPE_NAME) {
      return false;
    }
    envelope.scope(text());
    return true;
  }

  private void span() throws IOException {
    sink.next();
    fields.clear();
    collector.clear();
    int length = in.readRawVarint32();
    int end = in.pushLimit(length);
    int next = in.getTotalBytesRead() + length;
    try {
      fields(this::spanField);
      in.popLimit(end);
    } catch (InvalidProtocolBufferException e) {
      // Its length tells where the next one begins, unless the body ends before.
      in.popLimit(end);
      int rest = next - in.getTotalBytesRead();
      if (rest < 0) {
        throw e;
      }
      in.skipRawBytes(rest);
      fields.malformed("The span is no message in protobuf encoding.");
    }
    source.keep(collector.characters());
    fields.attributes(collector.finish());
    sink.accept(() -> fields.build(envelope.scope(), envelope.resource()));
    source.forget();
  }

  private boolean spanField(int tag) throws IOException {
    switch (tag) {
      case TRACE_ID -> {
        byte[] id = id();
        fields.traceId(() -> Ids.trace(id));
      }
      case SPAN_ID -> {
        byte[] id = id();
        fields.spanId(() -> Ids.span(id));
      }
      case PARENT_SPAN_ID -> {
        byte[] id = id();
        fields.parentSpanId(() -> Ids.parent(id));
      }
      case NAME -> fields.name(text());
      case START -> fields.startNanos(in.readFixed64());
      case END -> fields.endNanos(in.readFixed64());
      case ATTRIBUTES -> attribute(collector);
      case EVENTS -> event();
      case STATUS -> message(this::status);
      default -> {
        return false;
      }
    }
    return true;
  }

  /** An identifier; one that is far too long is cut, and then as wrong as it was. */
  private byte[] id() throws IOException {
    int size = in.readRawVarint32();
    if (size <= 64) {
      return in.readRawBytes(size);
    }
    byte[] id = in.readRawBytes(64);
    in.skipRawBytes(size - 64);
    return id;
  }

  private boolean status(int tag) throws IOException {
    if (tag != STATUS_CODE) {
      return false;
    }
    fields.failed(in.readEnum() == Status.StatusCode.STATUS_CODE_ERROR_VALUE);
    return true;
  }

  private void event() throws IOException {
    Event event = new Event();
    message(event);
    fields.event(event.name, event.nanos, event.attributes.finish());
  }

  private final class Event implements Field {
    private final AttributeCollector attributes = new AttributeCollector();
    private String name = "";
    private long nanos;

    @Override
    public boolean read(int tag) throws IOException {
      switch (tag) {
        case EVENT_TIME -> nanos = in.readFixed64();
        case EVENT_NAME -> name = text();
        case EVENT_ATTRIBUTES -> attribute(attributes);
        default -> {
          return false;
        }
      }
      return true;
    }
  }

  private boolean attribute(AttributeCollector into) throws IOException {
    Attribute attribute = new Attribute(into);
    message(attribute);
    attribute.put();
    return true;
  }

  /** A key and its value, in either order. */
  private final class Attribute implements Field {
    private final AttributeCollector into;
    private @Nullable String key;
    private @Nullable Object value;

    private Attribute(AttributeCollector into) {
      this.into = into;
    }

    @Override
    public boolean read(int tag) throws IOException {
      switch (tag) {
        case KEY -> key = text();
        case VALUE -> {
          Value any = new Value(into, key, 0);
          message(any);
          value = any.value;
        }
        default -> {
          return false;
        }
      }
      return true;
    }

    private void put() {
      String name = key == null ? "" : key;
      if (value == null) {
        into.wants(name);
      } else {
        into.put(name, value);
      }
    }
  }

  /** A value of any type; what is not wanted under its key is passed over. */
  private final class Value implements Field {
    private final AttributeCollector into;
    private final @Nullable String key;
    private final int depth;
    private @Nullable Object value;

    /**
     * @param key null while it is not known: everything is read then
     */
    private Value(AttributeCollector into, @Nullable String key, int depth) {
      this.into = into;
      this.key = key;
      this.depth = depth;
    }

    @Override
    public boolean read(int tag) throws IOException {
      if (tag == KVLIST_VALUE) {
        if (depth >= Attributes.MAX_DEPTH || key != null && !into.wantsMap(key)) {
          return false;
        }
        Map<String, Object> map = new HashMap<>();
        message(inner -> inner == MEMBERS && into.hasRoom() && member(map));
        value = map;
        return true;
      }
      if (key != null && !into.wants(key)) {
        return false;
      }
      switch (tag) {
        case STRING_VALUE -> value = text();
        case BOOL_VALUE -> value = in.readBool();
        case INT_VALUE -> value = in.readInt64();
        case DOUBLE_VALUE -> value = in.readDouble();
        case BYTES_VALUE -> value = utf8();
        case ARRAY_VALUE -> {
          List<Object> list = new ArrayList<>();
          message(
              inner ->
                  inner == ELEMENTS
                      && list.size() < Attributes.MAX_ELEMENTS
                      && into.hasRoom()
                      && element(list));
          value = list;
        }
        default -> {
          return false;
        }
      }
      return true;
    }

    private boolean member(Map<String, Object> map) throws IOException {
      message(
          new Field() {
            private String name = "";

            @Override
            public boolean read(int tag) throws IOException {
              if (tag == KEY) {
                name = Text.shortened(text(), Text.LONGEST);
                return true;
              }
              if (tag != VALUE) {
                return false;
              }
              Value any = new Value(into, null, depth + 1);
              message(any);
              if (any.value != null) {
                map.put(name, bounded(any.value));
              }
              return true;
            }
          });
      return true;
    }

    private boolean element(List<Object> list) throws IOException {
      Value element = new Value(into, null, Attributes.MAX_DEPTH);
      message(tag -> tag != ARRAY_VALUE && element.read(tag));
      if (element.value != null) {
        list.add(bounded(element.value));
      }
      return true;
    }
  }

  /** Members of lists and maps are held in number, so none of them may be long. */
  private Object bounded(Object value) {
    if (value instanceof String text) {
      String shortened = Text.shortened(text, Text.LONGEST);
      source.keep(shortened.length());
      return shortened;
    }
    return value;
  }

  private String text() throws IOException {
    int size = in.readRawVarint32();
    if (size > MAX_TEXT) {
      in.skipRawBytes(size);
      return "";
    }
    source.hold();
    String text = new String(in.readRawBytes(size), StandardCharsets.UTF_8);
    source.release();
    return text;
  }

  private @Nullable String utf8() throws IOException {
    int size = in.readRawVarint32();
    if (size > MAX_TEXT) {
      in.skipRawBytes(size);
      return null;
    }
    source.hold();
    ByteString bytes = ByteString.copyFrom(in.readRawBytes(size));
    source.release();
    return bytes.isValidUtf8() ? bytes.toStringUtf8() : null;
  }
}
