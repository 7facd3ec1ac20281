package dev.tokenledger.ingest.events;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.tokenledger.ingest.body.Body;
import dev.tokenledger.ingest.decode.RejectionCode;
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
  private final Body.Source body;
  private @Nullable String id;
  private @Nullable String source;
  private @Nullable String subject;
  private @Nullable String specVersion;
  private @Nullable Instant time;

  CloudEventReader(Body.Source body) {
    this.body = body;
  }

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
        body.hold();
        attribute(name, json);
        body.release();
      } else {
        json.skipChildren();
      }
    }
    if (fields == null) {
      EventFields empty = new EventFields();
      empty.clear();
      empty.id = id == null || id.length() > 200 ? null : id;
      empty.wrong(
          RejectionCode.MISSING_FIELD, "'data' is missing: a CloudEvent carries a native event.");
      return empty;
    }
    complete(fields);
    return fields;
  }

  private void attribute(String name, JsonParser json) throws IOException {
    switch (name) {
      case "id" -> id = json.getText();
      case "source" -> source = json.getText();
      case "subject" -> subject = json.getText();
      case "specversion" -> specVersion = json.getText();
      case "time" -> time = time(json.getText());
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
    if (fields.id == null && id != null && source != null && !source.isEmpty()) {
      fields.id = unique(fields, source, id);
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

  /**
   * A CloudEvent's id is unique within its source only. A source with a {@code #} of its own is
   * written with its length before it, so that no other source and id give the same text.
   */
  private static @Nullable String unique(EventFields fields, String source, String id) {
    String unique =
        source.indexOf('#') < 0
            ? source + '#' + id
            : "#" + source.length() + '#' + source + '#' + id;
    if (unique.length() > 200) {
      fields.wrong(
          RejectionCode.VALUE_TOO_LONG, "'source' and 'id' have more than 199 characters.");
      return null;
    }
    if (!NativeEventParser.isStorable(unique)) {
      fields.wrong(
          RejectionCode.INVALID_VALUE,
          "'source' or 'id' has a NUL or half of a surrogate pair in it, which no store can keep.");
      return null;
    }
    return unique;
  }
}
