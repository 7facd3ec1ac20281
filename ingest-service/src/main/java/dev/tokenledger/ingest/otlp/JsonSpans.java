package dev.tokenledger.ingest.otlp;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import dev.tokenledger.ingest.body.Body;
import dev.tokenledger.ingest.decode.RejectionCode;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads spans from the JSON encoding: identifiers in hex, 64-bit numbers as text or number, enums
 * as number or name, names in lower camel case (snake case is understood as well). Unknown names
 * are ignored, as the specification demands. What is broken within a span refuses that span alone.
 *
 * <p>The request is read as a stream, one span in memory at a time; what nobody asks for is passed
 * over.
 */
final class JsonSpans {
  /** Characters of one text that is read; what is passed over may be longer. */
  private static final int MAX_TEXT = 10_000_000;

  /** Digits of a number that is read; a longer one is told from a number further on. */
  private static final int MAX_DIGITS = 100;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CHARSET_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNumberLength(Integer.MAX_VALUE)
                  .maxStringLength(MAX_TEXT)
                  .build())
          .build();

  private final Body body;
  private final Body.Source source;
  private final JsonParser json;
  private final Envelope envelope;
  private final SpanSink sink;
  private final SpanFields fields = new SpanFields();
  private final AttributeCollector collector = new AttributeCollector();

  private JsonSpans(
      Body body, Body.Source source, JsonParser json, Envelope envelope, SpanSink sink) {
    this.body = body;
    this.source = source;
    this.json = json;
    this.envelope = envelope;
    this.sink = sink;
  }

  static void read(Body body, Envelope envelope, SpanSink sink) {
    try (Body.Source source = body.open();
        JsonParser json = JSON.createParser(new Utf8Input(source))) {
      new JsonSpans(body, source, json, envelope, sink).request();
    } catch (StreamConstraintsException e) {
      throw new ProblemException(
          ProblemCode.MALFORMED_BODY,
          "The JSON nests too deep, or a name or text in it is too long. Nothing of it was taken.",
          e);
    } catch (JsonProcessingException e) {
      throw malformed(e);
    } catch (IOException e) {
      throw new ProblemException(
          ProblemCode.MALFORMED_BODY, "The body could not be read to its end.", e);
    }
  }

  private static ProblemException malformed(JsonProcessingException e) {
    JsonLocation at = e.getLocation();
    return new ProblemException(
        ProblemCode.MALFORMED_BODY,
        "The body is no valid JSON"
            + (at == null ? "" : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")")
            + "; it was cut or is not OTLP/JSON.",
        e);
  }

  private void request() throws IOException {
    if (json.nextToken() != JsonToken.START_OBJECT) {
      throw new ProblemException(
          ProblemCode.MALFORMED_BODY,
          "The body is no JSON object; send an ExportTraceServiceRequest with resourceSpans.");
    }
    String name;
    while ((name = json.nextFieldName()) != null) {
      json.nextToken();
      if (name.equals("resourceSpans") || name.equals("resource_spans")) {
        elements("resourceSpans", this::resourceSpans);
      } else {
        json.skipChildren();
      }
    }
    if (json.nextToken() != null) {
      throw new ProblemException(
          ProblemCode.MALFORMED_BODY, "Something follows the end of the JSON object.");
    }
  }

  private interface Element {
    void read() throws IOException;
  }

  /** Reads each element of an array; null is empty, and anything else breaks the body. */
  private void elements(String name, Element element) throws IOException {
    if (json.currentToken() == JsonToken.VALUE_NULL) {
      return;
    }
    if (json.currentToken() != JsonToken.START_ARRAY) {
      throw new ProblemException(
          ProblemCode.MALFORMED_BODY, "The field " + name + " is no array; see the OTLP schema.");
    }
    while (json.nextToken() != JsonToken.END_ARRAY) {
      element.read();
    }
  }

  private void resourceSpans() throws IOException {
    envelope.beginResource();
    if (isObject()) {
      String name;
      while ((name = json.nextFieldName()) != null) {
        json.nextToken();
        switch (name) {
          case "resource" -> resource();
          case "scopeSpans", "scope_spans" -> elements("scopeSpans", this::scopeSpans);
          default -> json.skipChildren();
        }
      }
    }
    envelope.endResource();
  }

  private void resource() throws IOException {
    if (!envelope.wantsResource()) {
      json.skipChildren();
      return;
    }
    Attributes attributes = Attributes.NONE;
    if (isObject()) {
      String name;
      while ((name = json.nextFieldName()) != null) {
        json.nextToken();
        if (name.equals("attributes")) {
          attributes();
          body.keeps(SpanSink.bytes(collector.characters()));
          attributes = collector.finish();
        } else {
          json.skipChildren();
        }
      }
    }
    envelope.resource(attributes);
  }

  private void scopeSpans() throws IOException {
    envelope.beginScope();
    if (isObject()) {
      String name;
      while ((name = json.nextFieldName()) != null) {
        json.nextToken();
        switch (name) {
          case "scope" -> scope();
          case "spans" -> {
            if (envelope.wantsSpans()) {
              elements("spans", this::span);
            } else {
              json.skipChildren();
            }
          }
          default -> json.skipChildren();
        }
      }
    }
    envelope.endScope();
  }

  private void scope() throws IOException {
    if (!envelope.wantsScope()) {
      json.skipChildren();
      return;
    }
    String scope = "";
    if (isObject()) {
      String name;
      while ((name = json.nextFieldName()) != null) {
        json.nextToken();
        if (name.equals("name")) {
          scope = text();
        } else {
          json.skipChildren();
        }
      }
    }
    envelope.scope(scope);
  }

  private void span() throws IOException {
    sink.next();
    fields.clear();
    if (json.currentToken() == JsonToken.START_OBJECT) {
      String name;
      while ((name = json.nextFieldName()) != null) {
        if (json.nextToken() != JsonToken.VALUE_NULL) {
          spanField(name);
        }
      }
    } else {
      json.skipChildren();
      fields.malformed("The span is no JSON object.");
    }
    sink.accept(() -> fields.build(envelope.scope(), envelope.resource()));
    source.forget();
  }

  private void spanField(String name) throws IOException {
    switch (name) {
      case "traceId", "trace_id" -> {
        String id = idText();
        fields.traceId(() -> Ids.trace(hex("trace id", id)));
      }
      case "spanId", "span_id" -> {
        String id = idText();
        fields.spanId(() -> Ids.span(hex("span id", id)));
      }
      case "parentSpanId", "parent_span_id" -> {
        String id = idText();
        fields.parentSpanId(() -> Ids.parent(hex("parent span id", id)));
      }
      case "name" -> fields.name(text());
      case "startTimeUnixNano", "start_time_unix_nano" -> {
        Object time = scalar();
        fields.startNanos(() -> nanos(time));
      }
      case "endTimeUnixNano", "end_time_unix_nano" -> {
        Object time = scalar();
        fields.endNanos(() -> nanos(time));
      }
      case "status" -> status();
      case "attributes" -> {
        if (json.currentToken() == JsonToken.START_ARRAY) {
          attributes();
          source.keep(collector.characters());
          fields.attributes(collector.finish());
        } else {
          json.skipChildren();
          fields.malformedAttributes(
              "The attributes are no array of {key, value}; OTLP/JSON does not take an object.");
        }
      }
      case "events" -> events();
      default -> json.skipChildren();
    }
  }

  /** The text of an identifier, or null for what is no text. */
  private @Nullable String idText() throws IOException {
    if (json.currentToken() == JsonToken.VALUE_STRING) {
      return text();
    }
    json.skipChildren();
    return null;
  }

  private static String hex(String what, @Nullable String id) throws Refusal {
    if (id == null) {
      throw new Refusal(RejectionCode.INVALID_TRACE_ID, "The " + what + " is no text.");
    }
    return id;
  }

  private static long nanos(@Nullable Object time) throws Refusal {
    if (time instanceof Long nanos) {
      return nanos;
    }
    if (time instanceof String text) {
      try {
        return Long.parseUnsignedLong(text);
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

  private void status() throws IOException {
    if (!isObject()) {
      return;
    }
    String name;
    while ((name = json.nextFieldName()) != null) {
      json.nextToken();
      if (name.equals("code")) {
        Object code = scalar();
        fields.failed(
            code instanceof Long number
                ? number == 2
                : code instanceof BigDecimal decimal
                    ? decimal.compareTo(BigDecimal.valueOf(2)) == 0
                    : code instanceof String text && (text.equals("2") || text.endsWith("ERROR")));
      } else {
        json.skipChildren();
      }
    }
  }

  private void events() throws IOException {
    fields.noEvents();
    if (json.currentToken() != JsonToken.START_ARRAY) {
      json.skipChildren();
      return;
    }
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (isObject()) {
        event();
      }
    }
  }

  private void event() throws IOException {
    String eventName = "";
    long time = 0;
    Attributes attributes = Attributes.NONE;
    String name;
    while ((name = json.nextFieldName()) != null) {
      json.nextToken();
      switch (name) {
        case "name" -> eventName = text();
        case "timeUnixNano", "time_unix_nano" -> time = lenientNanos(scalar());
        case "attributes" -> {
          attributes();
          attributes = collector.finish();
        }
        default -> json.skipChildren();
      }
    }
    fields.event(eventName, time, attributes);
  }

  private static long lenientNanos(@Nullable Object time) {
    BigDecimal number =
        time instanceof Long nanos
            ? BigDecimal.valueOf(nanos)
            : time instanceof BigDecimal decimal
                ? Numbers.tame(decimal)
                : time instanceof String text ? Numbers.parse(text) : null;
    return number == null || number.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0
        ? 0
        : number.longValue();
  }

  /** Collects what stands in an array of {key, value}; of anything else nothing. */
  private void attributes() throws IOException {
    collector.clear();
    if (json.currentToken() != JsonToken.START_ARRAY) {
      json.skipChildren();
      return;
    }
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (isObject()) {
        attribute();
      }
    }
  }

  private void attribute() throws IOException {
    String key = null;
    Object value = null;
    String name;
    while ((name = json.nextFieldName()) != null) {
      json.nextToken();
      if (name.equals("key")) {
        key = json.currentToken() == JsonToken.VALUE_STRING ? text() : skipped();
      } else if (name.equals("value")) {
        value = value(key, 0);
      } else {
        json.skipChildren();
      }
    }
    if (key != null && value != null) {
      collector.put(key, value);
    } else if (key != null) {
      collector.wants(key);
    }
  }

  private @Nullable String skipped() throws IOException {
    json.skipChildren();
    return null;
  }

  /**
   * The value in an object such as {@code {"stringValue": "x"}}; null when there is none, or none
   * that is wanted.
   *
   * @param key the name of the attribute, null while it is not known: everything is read then
   */
  private @Nullable Object value(@Nullable String key, int depth) throws IOException {
    if (!isObject()) {
      return null;
    }
    Object value = null;
    String type;
    while ((type = json.nextFieldName()) != null) {
      json.nextToken();
      Object read =
          switch (type) {
            case "stringValue",
                "string_value",
                "boolValue",
                "bool_value",
                "intValue",
                "int_value",
                "doubleValue",
                "double_value" ->
                key == null || collector.wants(key) ? scalar() : skipped();
            case "arrayValue", "array_value" ->
                key == null || collector.wants(key) ? values(this::list) : skipped();
            case "kvlistValue", "kvlist_value" ->
                depth < Attributes.MAX_DEPTH && (key == null || collector.wantsMap(key))
                    ? values(() -> map(depth + 1))
                    : skipped();
            default -> skipped();
          };
      if (read != null) {
        value = read;
      }
    }
    return value;
  }

  private interface Values {
    Object read() throws IOException;
  }

  /** What stands under {@code values} in the object of a list or map. */
  private @Nullable Object values(Values reading) throws IOException {
    if (!isObject()) {
      return null;
    }
    Object values = null;
    String name;
    while ((name = json.nextFieldName()) != null) {
      json.nextToken();
      if (name.equals("values") && json.currentToken() == JsonToken.START_ARRAY) {
        values = reading.read();
      } else {
        json.skipChildren();
      }
    }
    return values;
  }

  private List<Object> list() throws IOException {
    List<Object> list = new ArrayList<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (list.size() >= Attributes.MAX_ELEMENTS || !collector.hasRoom()) {
        json.skipChildren();
      } else if (isObject()) {
        while (json.nextFieldName() != null) {
          json.nextToken();
          Object scalar = scalar();
          if (scalar != null && list.size() < Attributes.MAX_ELEMENTS) {
            list.add(bounded(scalar));
          }
        }
      }
    }
    return list;
  }

  private Map<String, Object> map(int depth) throws IOException {
    Map<String, Object> map = new HashMap<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      if (!collector.hasRoom()) {
        json.skipChildren();
      } else if (isObject()) {
        member(map, depth);
      }
    }
    return map;
  }

  private void member(Map<String, Object> map, int depth) throws IOException {
    String key = null;
    Object value = null;
    String name;
    while ((name = json.nextFieldName()) != null) {
      json.nextToken();
      if (name.equals("key")) {
        key = json.currentToken() == JsonToken.VALUE_STRING ? text() : skipped();
      } else if (name.equals("value")) {
        value = value(null, depth);
      } else {
        json.skipChildren();
      }
    }
    if (key != null && value != null) {
      map.put(Text.shortened(key, Text.LONGEST), bounded(value));
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

  /** True at the beginning of an object; anything else is passed over. */
  private boolean isObject() throws IOException {
    if (json.currentToken() == JsonToken.START_OBJECT) {
      return true;
    }
    json.skipChildren();
    return false;
  }

  /** The text of a scalar, empty for null and for what is none. */
  private String text() throws IOException {
    JsonToken token = json.currentToken();
    if (!token.isScalarValue() || token == JsonToken.VALUE_NULL) {
      json.skipChildren();
      return "";
    }
    source.hold();
    String text = json.getText();
    source.release();
    return text;
  }

  /** Text, a Long, a BigDecimal or a Boolean; null for anything else. */
  private @Nullable Object scalar() throws IOException {
    return switch (json.currentToken()) {
      case VALUE_STRING -> text();
      case VALUE_TRUE -> Boolean.TRUE;
      case VALUE_FALSE -> Boolean.FALSE;
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number();
      default -> skipped();
    };
  }

  private Object number() throws IOException {
    int length = json.getTextLength();
    if (length > MAX_DIGITS) {
      return new String(json.getTextCharacters(), json.getTextOffset(), MAX_DIGITS) + '…';
    }
    String text = json.getText();
    try {
      if (json.currentToken() == JsonToken.VALUE_NUMBER_INT && length < 19) {
        return Long.parseLong(text);
      }
      BigDecimal number = new BigDecimal(text);
      return json.currentToken() == JsonToken.VALUE_NUMBER_INT
              && number.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) <= 0
              && number.compareTo(BigDecimal.valueOf(Long.MIN_VALUE)) >= 0
          ? (Object) number.longValueExact()
          : number;
    } catch (NumberFormatException e) {
      // An exponent beyond any: as text it is refused, or left out, by whoever wants a number.
      return text;
    }
  }
}
