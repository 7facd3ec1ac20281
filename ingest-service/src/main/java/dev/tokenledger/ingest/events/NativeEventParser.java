package dev.tokenledger.ingest.events;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.tokenledger.ingest.body.Body;
import dev.tokenledger.ingest.decode.RejectionCode;
import dev.tokenledger.ingest.events.EventFields.TokenField;
import dev.tokenledger.ingest.events.EventFields.UnitField;
import dev.tokenledger.ingest.privacy.ContentNames;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.platform.problem.ProblemException;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Reads the fields of native events from a JSON stream, one event at a time. A field that is wrong
 * makes the event wrong and nothing else; unknown fields become attributes. Not thread-safe.
 */
final class NativeEventParser {
  /** Longest text of a dimension or identifier. */
  static final int MAX_TEXT = 256;

  private static final int MAX_ID = 200;
  private static final int MAX_ATTRIBUTE = 1_000;
  private static final int MAX_ATTRIBUTE_NAME = 100;
  private static final int MAX_TAGS = 16;

  /** Nothing that a single call can use; what is above it is a mistake of the sender. */
  private static final long MAX_COUNT = 10_000_000_000L;

  private static final long MAX_MILLIS = ModelCall.MAX_DURATION_MICROS / 1000;

  private static final BigDecimal MAX_COST = ModelCall.MAX_COST.toBigDecimal();

  /** Digits of a number that is read: to read one takes time with the square of its length. */
  private static final int MAX_DIGITS = 1_000;

  private static final BigDecimal THOUSAND = new BigDecimal(1000);

  private static final Map<String, TokenField> TOKEN_FIELDS = new HashMap<>();
  private static final Map<String, UnitField> UNIT_FIELDS = new HashMap<>();

  static {
    for (TokenField field : TokenField.values()) {
      TOKEN_FIELDS.put(field.name().toLowerCase(Locale.ROOT), field);
    }
    for (UnitField field : UnitField.values()) {
      UNIT_FIELDS.put(field.name().toLowerCase(Locale.ROOT), field);
    }
  }

  private static final Logger LOG = Logger.getLogger(NativeEventParser.class);

  private final EventFields fields = new EventFields();
  private final Body.Source source;

  /**
   * @param source what the JSON stream reads from; told which of it is held
   */
  NativeEventParser(Body.Source source) {
    this.source = source;
  }

  /**
   * Reads the event whose opening brace is the parser's current token.
   *
   * @return the fields, which are overwritten by the next event
   * @throws IOException if the JSON breaks off or is no JSON; the parser cannot go on then
   */
  EventFields parse(JsonParser json) throws IOException {
    fields.clear();
    String name;
    while ((name = json.nextFieldName()) != null) {
      json.nextToken();
      int depth = json.getParsingContext().getNestingDepth();
      source.hold();
      try {
        field(json, name);
      } catch (ProblemException e) {
        throw e;
      } catch (RuntimeException e) {
        // Ours to mend, but not at the cost of the events beside it: they would be sent for ever.
        LOG.error("a field of an event could not be read and the event was rejected", e);
        fields.wrong(
            RejectionCode.UNREADABLE,
            "'" + cut(name) + "' could not be worked with. The service's log says why.");
        while (json.getParsingContext().getNestingDepth() > depth && json.nextToken() != null) {
          // On to the next field.
        }
      }
      source.release();
    }
    return fields;
  }

  private void field(JsonParser json, String name) throws IOException {
    if (json.currentToken() == JsonToken.VALUE_NULL) {
      return;
    }
    switch (name) {
      case "id" -> fields.id = id(json);
      case "type" -> fields.type = text(json, name);
      case "time" -> fields.time = EventTime.read(json, fields);
      case "environment" -> fields.environment = text(json, name);
      case "provider" -> fields.provider = text(json, name);
      case "model" -> fields.model = text(json, name);
      case "operation" -> fields.operation = text(json, name);
      case "agent" -> fields.agent = text(json, name);
      case "feature" -> fields.feature = text(json, name);
      case "prompt" -> fields.prompt = text(json, name);
      case "prompt_version" -> fields.promptVersion = text(json, name);
      case "user" -> fields.user = text(json, name);
      case "session" -> fields.session = identifier(json, name);
      case "trace_id" -> fields.traceId = identifier(json, name);
      case "span_id" -> fields.spanId = identifier(json, name);
      case "parent_span_id" -> fields.parentSpanId = identifier(json, name);
      case "usage" -> usage(json);
      case "latency_ms" -> fields.latencyMicros = micros(json, name);
      case "time_to_first_token_ms" -> fields.timeToFirstTokenMicros = micros(json, name);
      case "duration_ms" -> fields.durationMicros = micros(json, name);
      case "status" -> fields.status = text(json, name);
      case "error_type" -> fields.errorType = text(json, name);
      case "service_tier" -> fields.serviceTier = text(json, name);
      case "cost_usd" -> fields.costUsd = cost(json, name);
      case "cache_hit" -> fields.cacheHit = bool(json, name);
      case "amends" -> fields.amends = bool(json, name);
      case "reservation_id" -> fields.reservationId = identifier(json, name);
      case "response_id" -> fields.responseId = identifier(json, name);
      case "task" -> fields.task = text(json, name, 1_000);
      case "step_type" -> fields.stepType = text(json, name);
      case "step_number" -> fields.stepNumber = count(json, name);
      case "tool" -> fields.tool = text(json, name);
      case "action" -> fields.action = text(json, name);
      case "tags" -> tags(json);
      case "attributes" -> attributes(json);
      default -> unknown(json, name);
    }
  }

  private void usage(JsonParser json) throws IOException {
    if (!isObject(json, "usage")) {
      return;
    }
    String name;
    while ((name = json.nextFieldName()) != null) {
      JsonToken token = json.nextToken();
      source.hold();
      if (token == JsonToken.VALUE_NULL) {
        continue;
      }
      TokenField tokenField = TOKEN_FIELDS.get(name);
      if (tokenField != null) {
        fields.tokens[tokenField.ordinal()] = count(json, "usage." + name);
        continue;
      }
      UnitField unitField = UNIT_FIELDS.get(name);
      if (unitField != null) {
        fields.units[unitField.ordinal()] = count(json, "usage." + name);
      } else {
        unknown(json, "usage." + name);
      }
    }
  }

  private void tags(JsonParser json) throws IOException {
    if (!isObject(json, "tags")) {
      return;
    }
    String name;
    while ((name = json.nextFieldName()) != null) {
      json.nextToken();
      source.hold();
      if (json.currentToken() == JsonToken.VALUE_NULL) {
        continue;
      }
      if (fields.tags.size() >= MAX_TAGS && !fields.tags.containsKey(name)) {
        fields.wrong(RejectionCode.INVALID_VALUE, "An event has " + MAX_TAGS + " tags at most.");
        rest(json);
        return;
      }
      String value = scalar(json);
      if (value == null) {
        fields.wrong(
            RejectionCode.WRONG_TYPE,
            "'tags." + cut(name) + "' must be text, a number or a boolean; tags do not nest.");
      } else if (name.length() > 64 || value.length() > MAX_TEXT) {
        fields.wrong(
            RejectionCode.VALUE_TOO_LONG,
            "A tag has 64 characters at most in its key and " + MAX_TEXT + " in its value.");
      } else {
        fields.tags.put(name, value);
      }
    }
  }

  /** Passes over what is left of the current object. */
  private void rest(JsonParser json) throws IOException {
    source.release();
    while (json.nextToken() != JsonToken.END_OBJECT) {
      json.skipChildren();
    }
  }

  private static String cut(String name) {
    return name.length() > 64 ? name.substring(0, 64) + "…" : name;
  }

  private void attributes(JsonParser json) throws IOException {
    if (!isObject(json, "attributes")) {
      return;
    }
    String name;
    while ((name = json.nextFieldName()) != null) {
      json.nextToken();
      unknown(json, name);
      source.release();
    }
  }

  /** Keeps what is not known as an attribute: bounded, and never what people or models wrote. */
  private void unknown(JsonParser json, String name) throws IOException {
    if (name.length() > MAX_ATTRIBUTE_NAME
        || ContentNames.contains(name)
        || fields.attributes.size() >= EventFields.MAX_ATTRIBUTES) {
      source.release();
      json.skipChildren();
      return;
    }
    source.hold();
    String value = scalar(json);
    if (value != null) {
      fields.attributes.put(
          name, value.length() > MAX_ATTRIBUTE ? value.substring(0, MAX_ATTRIBUTE) : value);
    }
  }

  /** Text of a scalar; null for null, and for an object or array, which is passed over. */
  private @Nullable String scalar(JsonParser json) throws IOException {
    if (json.currentToken().isStructStart()) {
      source.release();
      json.skipChildren();
      return null;
    }
    return json.currentToken() == JsonToken.VALUE_NULL ? null : json.getText();
  }

  private boolean isObject(JsonParser json, String name) throws IOException {
    if (json.currentToken() == JsonToken.START_OBJECT) {
      return true;
    }
    wrongType(json, name, "an object");
    return false;
  }

  private @Nullable String id(JsonParser json) throws IOException {
    // A number is a fine identifier as well; its digits are the id.
    if (json.currentToken() == JsonToken.VALUE_NUMBER_INT) {
      String digits = json.getText();
      return digits.length() > MAX_ID ? tooLong("id", MAX_ID) : digits;
    }
    String id = identifier(json, "id", MAX_ID);
    if (id != null && id.isBlank()) {
      fields.wrong(RejectionCode.INVALID_VALUE, "'id' is empty. Give each event an id of its own.");
      return null;
    }
    return id;
  }

  private @Nullable String identifier(JsonParser json, String name) throws IOException {
    return identifier(json, name, MAX_TEXT);
  }

  /** Text by which things are told apart, so nothing in it may be replaced on its way. */
  private @Nullable String identifier(JsonParser json, String name, int max) throws IOException {
    String text = text(json, name, max);
    if (text != null && !isStorable(text)) {
      fields.wrong(
          RejectionCode.INVALID_VALUE,
          "'" + name + "' has a NUL or half of a surrogate pair in it, which no store can keep.");
      return null;
    }
    return text;
  }

  /** False for text with a NUL or half of a surrogate pair, which are replaced when stored. */
  static boolean isStorable(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0) {
        return false;
      }
      if (Character.isSurrogate(c)) {
        if (!Character.isHighSurrogate(c)
            || i + 1 == text.length()
            || !Character.isLowSurrogate(text.charAt(i + 1))) {
          return false;
        }
        i++;
      }
    }
    return true;
  }

  private @Nullable String text(JsonParser json, String name) throws IOException {
    return text(json, name, MAX_TEXT);
  }

  private @Nullable String text(JsonParser json, String name, int max) throws IOException {
    if (json.currentToken() != JsonToken.VALUE_STRING) {
      return wrongType(json, name, "text");
    }
    if (json.getTextLength() > max) {
      return tooLong(name, max);
    }
    String text = json.getText();
    return text.isEmpty() ? null : text;
  }

  private @Nullable String tooLong(String name, int max) {
    fields.wrong(
        RejectionCode.VALUE_TOO_LONG, "'" + name + "' has more than " + max + " characters.");
    return null;
  }

  private boolean bool(JsonParser json, String name) throws IOException {
    if (json.currentToken().isBoolean()) {
      return json.getBooleanValue();
    }
    wrongType(json, name, "true or false");
    return false;
  }

  private long count(JsonParser json, String name) throws IOException {
    if (json.currentToken() != JsonToken.VALUE_NUMBER_INT) {
      wrongType(json, name, "an integer");
      return 0;
    }
    if (json.getTextLength() > 18) {
      return tooLarge(name, json.getText().startsWith("-"));
    }
    long value = json.getLongValue();
    if (value < 0) {
      return negative(name);
    }
    return value > MAX_COUNT ? tooLarge(name, false) : value;
  }

  private long tooLarge(String name, boolean negative) {
    if (negative) {
      return negative(name);
    }
    fields.wrong(
        RejectionCode.VALUE_TOO_LARGE,
        "'" + name + "' is above " + MAX_COUNT + ", more than one call can have.");
    return 0;
  }

  private long negative(String name) {
    fields.wrong(RejectionCode.NEGATIVE_VALUE, "'" + name + "' is negative.");
    return 0;
  }

  /** Milliseconds, whole or with a fraction, as microseconds. */
  private long micros(JsonParser json, String name) throws IOException {
    if (json.currentToken() == JsonToken.VALUE_NUMBER_INT && json.getTextLength() <= 18) {
      long millis = json.getLongValue();
      if (millis < 0) {
        negative(name);
        return -1;
      }
      if (millis <= MAX_MILLIS) {
        return millis * 1_000;
      }
    } else if (json.currentToken() == JsonToken.VALUE_NUMBER_FLOAT) {
      if (json.getTextLength() > MAX_DIGITS) {
        return wrongLength(name);
      }
      BigDecimal millis = decimal(json.getText(), name);
      if (millis == null) {
        return -1;
      }
      if (millis.signum() < 0) {
        negative(name);
        return -1;
      }
      if (millis.compareTo(BigDecimal.valueOf(MAX_MILLIS)) <= 0) {
        return millis.signum() == 0 || millis.scale() > 40
            ? 0
            : millis.multiply(THOUSAND).longValue();
      }
    } else if (json.currentToken() != JsonToken.VALUE_NUMBER_INT) {
      wrongType(json, name, "a number of milliseconds");
      return -1;
    }
    fields.wrong(RejectionCode.VALUE_TOO_LARGE, "'" + name + "' is longer than 40 days.");
    return -1;
  }

  private long wrongLength(String name) {
    fields.wrong(
        RejectionCode.VALUE_TOO_LONG, "'" + name + "' has more than " + MAX_DIGITS + " digits.");
    return -1;
  }

  private @Nullable BigDecimal cost(JsonParser json, String name) throws IOException {
    if (json.currentToken().isScalarValue() && json.getTextLength() > MAX_DIGITS) {
      wrongLength(name);
      return null;
    }
    BigDecimal cost =
        switch (json.currentToken()) {
          case VALUE_STRING, VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT ->
              decimal(json.getText().strip(), name);
          default -> wrongType(json, name, "a decimal number of dollars, best as text");
        };
    if (cost != null && cost.signum() < 0) {
      fields.wrong(RejectionCode.NEGATIVE_VALUE, "'" + name + "' is negative.");
      return null;
    }
    if (cost != null && cost.compareTo(MAX_COST) > 0) {
      fields.wrong(
          RejectionCode.VALUE_TOO_LARGE,
          "'"
              + name
              + "' is above "
              + MAX_COST.toBigInteger()
              + " dollars, more than one call can cost.");
      return null;
    }
    return cost;
  }

  /** The number; null where it is none, or its exponent is beyond any that can be reckoned with. */
  private @Nullable BigDecimal decimal(String text, String name) {
    try {
      return new BigDecimal(text);
    } catch (NumberFormatException e) {
      fields.wrong(
          RejectionCode.WRONG_TYPE, "'" + name + "' is not a decimal number, such as 0.0042.");
      return null;
    }
  }

  private <T> @Nullable T wrongType(JsonParser json, String name, String expected)
      throws IOException {
    JsonToken token = json.currentToken();
    fields.wrong(
        RejectionCode.WRONG_TYPE, "'" + name + "' must be " + expected + ", not " + word(token));
    if (token.isStructStart()) {
      source.release();
      json.skipChildren();
    }
    return null;
  }

  private static String word(JsonToken token) {
    return switch (token) {
      case START_OBJECT -> "an object.";
      case START_ARRAY -> "an array.";
      case VALUE_STRING -> "text.";
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number.";
      case VALUE_TRUE, VALUE_FALSE -> "a boolean.";
      default -> "something else.";
    };
  }
}
