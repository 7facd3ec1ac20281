package dev.tokenledger.ingest.events;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import dev.tokenledger.ingest.event.Decoded;
import dev.tokenledger.ingest.event.Rejection;
import dev.tokenledger.ingest.event.RejectionCode;
import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads bodies of native events: a JSON array, an object with {@code events}, a single event,
 * newline-delimited JSON, or CloudEvents that carry events as {@code data}. Pure; thread-safe.
 */
final class NativeDecoder {
  /** Long numbers are refused by field, and with their event alone. */
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxNumberLength(Integer.MAX_VALUE).build())
          .build();

  private final int maxEvents;

  NativeDecoder(int maxEvents) {
    this.maxEvents = maxEvents;
  }

  /** An array, an object with {@code events}, or a single event. */
  Decoded json(byte[] body) {
    Reading reading = new Reading(maxEvents);
    try (JsonParser json = JSON.createParser(body)) {
      JsonToken first = json.nextToken();
      if (first == JsonToken.START_ARRAY) {
        reading.array(json);
      } else if (first == JsonToken.START_OBJECT) {
        object(json, body, reading);
      } else {
        throw new ProblemException(
            ProblemCode.MALFORMED_BODY,
            first == null
                ? "The body is empty. Send a JSON array of events."
                : "The body must be a JSON array of events or an object with 'events'.");
      }
      if (json.nextToken() != null) {
        throw new ProblemException(
            ProblemCode.MALFORMED_BODY,
            "Something follows the end of the JSON. Newline-delimited events need"
                + " Content-Type: application/x-ndjson.");
      }
    } catch (IOException e) {
      throw malformed(e, reading.items);
    }
    return reading.done();
  }

  /** An object is a wrapper when it has a member {@code events}, and otherwise one event. */
  private static void object(JsonParser json, byte[] body, Reading reading) throws IOException {
    try (JsonParser ahead = JSON.createParser(body)) {
      ahead.nextToken();
      String name;
      while ((name = ahead.nextFieldName()) != null) {
        JsonToken value = ahead.nextToken();
        if (name.equals("events")) {
          if (value != JsonToken.START_ARRAY) {
            throw new ProblemException(
                ProblemCode.MALFORMED_BODY, "'events' must be an array of events.");
          }
          wrapped(json, reading);
          return;
        }
        ahead.skipChildren();
      }
    }
    reading.event(json);
  }

  private static void wrapped(JsonParser json, Reading reading) throws IOException {
    String name;
    while ((name = json.nextFieldName()) != null) {
      json.nextToken();
      if (name.equals("events")) {
        // The first was looked at ahead; a second of that name may be anything.
        if (json.currentToken() != JsonToken.START_ARRAY) {
          throw new ProblemException(
              ProblemCode.MALFORMED_BODY, "'events' must be an array of events.");
        }
        reading.array(json);
      } else {
        json.skipChildren();
      }
    }
  }

  /** One event a line; a line that is no JSON is refused alone. */
  Decoded lines(byte[] body) {
    Reading reading = new Reading(maxEvents);
    int start = 0;
    while (start < body.length) {
      int end = start;
      while (end < body.length && body[end] != '\n') {
        end++;
      }
      if (!isBlank(body, start, end)) {
        line(body, start, end, reading);
      }
      start = end + 1;
    }
    return reading.done();
  }

  private static void line(byte[] body, int start, int end, Reading reading) {
    try (JsonParser json = JSON.createParser(body, start, end - start)) {
      json.nextToken();
      reading.event(json);
      if (followed(json)) {
        reading.takeBack();
        reading.refuse(
            RejectionCode.MALFORMED_EVENT,
            "Something follows the event on its line. Each line must be one event.");
      }
    } catch (IOException e) {
      reading.refuse(
          isUtf8Fault(e) ? RejectionCode.INVALID_UTF8 : RejectionCode.MALFORMED_EVENT,
          isUtf8Fault(e)
              ? "The line is not valid UTF-8."
              : "The line is not a complete JSON object. Each line must be one event.");
    }
  }

  private static boolean followed(JsonParser json) {
    try {
      return json.nextToken() != null;
    } catch (IOException e) {
      return true;
    }
  }

  private static boolean isBlank(byte[] body, int start, int end) {
    for (int i = start; i < end; i++) {
      if (body[i] != ' ' && body[i] != '\r' && body[i] != '\t') {
        return false;
      }
    }
    return true;
  }

  /** CloudEvents 1.0 in structured mode: one, or an array of them. */
  Decoded cloudEvents(byte[] body) {
    Reading reading = new Reading(maxEvents);
    CloudEventReader cloudEvents = new CloudEventReader();
    try (JsonParser json = JSON.createParser(body)) {
      JsonToken first = json.nextToken();
      if (first == JsonToken.START_ARRAY) {
        while (json.nextToken() != JsonToken.END_ARRAY) {
          reading.cloudEvent(json, cloudEvents);
        }
      } else if (first == JsonToken.START_OBJECT) {
        reading.cloudEvent(json, cloudEvents);
      } else {
        throw new ProblemException(
            ProblemCode.MALFORMED_BODY, "The body must be a CloudEvent or an array of them.");
      }
      if (json.nextToken() != null) {
        throw new ProblemException(
            ProblemCode.MALFORMED_BODY,
            "Something follows the end of the JSON. Several CloudEvents are sent as an array.");
      }
    } catch (IOException e) {
      throw malformed(e, reading.items);
    }
    return reading.done();
  }

  private static ProblemException malformed(IOException e, int items) {
    if (isUtf8Fault(e)) {
      return new ProblemException(
          ProblemCode.INVALID_UTF8,
          "The body is not valid UTF-8 after " + items + " events. Nothing of it was taken.",
          e);
    }
    if (e instanceof StreamConstraintsException) {
      return new ProblemException(
          ProblemCode.MALFORMED_BODY,
          "The JSON nests too deep, or a name in it is too long, after "
              + items
              + " events. Nothing of it was taken.",
          e);
    }
    return new ProblemException(
        ProblemCode.MALFORMED_BODY,
        "The body is not valid JSON: it breaks off or is broken after "
            + items
            + " events. Nothing of it was taken.",
        e);
  }

  private static boolean isUtf8Fault(IOException e) {
    return e instanceof java.io.CharConversionException
        || e.getMessage() != null && e.getMessage().startsWith("Invalid UTF-8");
  }

  /** The items read so far. */
  private static final class Reading {
    private final int maxEvents;
    private final NativeEventParser parser = new NativeEventParser();
    private final List<Decoded.Draft> drafts = new ArrayList<>();
    private final List<Rejection> rejected = new ArrayList<>();
    private int items;

    private Reading(int maxEvents) {
      this.maxEvents = maxEvents;
    }

    private void array(JsonParser json) throws IOException {
      while (json.nextToken() != JsonToken.END_ARRAY) {
        event(json);
      }
    }

    /** Reads the event at the parser's current token. */
    private void event(JsonParser json) throws IOException {
      if (json.currentToken() != JsonToken.START_OBJECT) {
        json.skipChildren();
        refuse(RejectionCode.MALFORMED_EVENT, "An event must be a JSON object.");
        return;
      }
      take(parser.parse(json));
    }

    private void cloudEvent(JsonParser json, CloudEventReader cloudEvents) throws IOException {
      if (json.currentToken() != JsonToken.START_OBJECT) {
        json.skipChildren();
        refuse(RejectionCode.MALFORMED_EVENT, "A CloudEvent must be a JSON object.");
        return;
      }
      take(cloudEvents.read(json, parser));
    }

    private void take(EventFields fields) {
      UsageEvent event = NativeEvents.build(fields);
      int index = next();
      if (event == null) {
        rejected.add(fields.rejection(index));
      } else {
        drafts.add(new Decoded.Draft(index, event));
      }
    }

    private void refuse(RejectionCode code, String message) {
      rejected.add(new Rejection(next(), null, code, message));
    }

    /** Forgets the item read last, whatever became of it. */
    private void takeBack() {
      items--;
      if (!drafts.isEmpty() && drafts.get(drafts.size() - 1).index() == items) {
        drafts.remove(drafts.size() - 1);
      } else {
        rejected.remove(rejected.size() - 1);
      }
    }

    private int next() {
      if (items >= maxEvents) {
        throw new ProblemException(
            ProblemCode.TOO_MANY_EVENTS,
            "A request may have "
                + maxEvents
                + " events at most. Nothing of it was taken; send it in parts.");
      }
      return items++;
    }

    private Decoded done() {
      return new Decoded(items, drafts, rejected, List.of());
    }
  }
}
