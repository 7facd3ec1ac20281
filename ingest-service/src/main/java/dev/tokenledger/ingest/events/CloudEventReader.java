package dev.tokenledger.ingest.events;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.tokenledger.ingest.event.RejectionCode;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Reads a CloudEvent 1.0 whose {@code data} is a native event. What the data does not say is taken
 * from the envelope: {@code id}, {@code time}, {@code subject} as the user. The CloudEvent's own
 * {@code type} is the producer's affair; the kind of event is the data's.
 */
final class CloudEventReader {
  private @Nullable String id;
  private @Nullable String source;
  private @Nullable String subject;
  private @Nullable String specVersion;
  private @Nullable Instant time;

  /**
   * Reads the CloudEvent whose opening brace is the current token.
   *
   * @throws IOException if the JSON breaks off or is no JSON
   */
  EventFields read(JsonParser json, NativeEventParser parser) throws IOException {
    id = null;
    source = null;
    subject = null;
    specVersion = null;
    time = null;
    EventFields fields = null;
    String name;
    while ((name = json.nextFieldName()) != null) {
      JsonToken token = json.nextToken();
      if (name.equals("data") && token == JsonToken.START_OBJECT) {
        fields = parser.parse(json);
      } else if (token == JsonToken.VALUE_STRING) {
        attribute(name, json.getText());
      } else {
        json.skipChildren();
      }
    }
    if (fields == null) {
      EventFields empty = new EventFields();
      empty.clear();
      empty.id = id;
      empty.wrong(
          RejectionCode.MISSING_FIELD, "'data' is missing: a CloudEvent carries a native event.");
      return empty;
    }
    complete(fields);
    return fields;
  }

  private void attribute(String name, String value) {
    switch (name) {
      case "id" -> id = value;
      case "source" -> source = value;
      case "subject" -> subject = value;
      case "specversion" -> specVersion = value;
      case "time" -> time = time(value);
      default -> {
        // Extension attributes say nothing about usage.
      }
    }
  }

  private static @Nullable Instant time(String value) {
    try {
      return EventTime.parse(value);
    } catch (DateTimeException e) {
      // The event is refused for its missing time unless the data has one.
      return null;
    }
  }

  private void complete(EventFields fields) {
    if (specVersion == null || !specVersion.startsWith("1.")) {
      fields.wrong(
          RejectionCode.INVALID_VALUE, "'specversion' must be 1.0, the version that is read here.");
    }
    if (fields.id == null && id != null && source != null) {
      // A CloudEvent's id is unique within its source only.
      String unique = source + "#" + id;
      if (unique.length() > 200) {
        fields.wrong(
            RejectionCode.VALUE_TOO_LONG, "'source' and 'id' have more than 199 characters.");
      }
      fields.id = unique;
    }
    if (fields.time == null) {
      fields.time = time;
    }
    if (fields.user == null
        && subject != null
        && subject.length() <= NativeEventParser.MAX_TEXT
        && !subject.isEmpty()) {
      fields.user = subject;
    }
  }
}
