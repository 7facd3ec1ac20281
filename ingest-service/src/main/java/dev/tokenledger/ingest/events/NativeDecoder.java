package dev.tokenledger.ingest.events;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import dev.tokenledger.ingest.body.Body;
import dev.tokenledger.ingest.decode.Decoded;
import dev.tokenledger.ingest.decode.Footprint;
import dev.tokenledger.ingest.decode.Rejection;
import dev.tokenledger.ingest.decode.RejectionCode;
import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;

/**
 * Reads bodies of native events: a JSON array, an object with {@code events}, a single event,
 * newline-delimited JSON, or CloudEvents that carry events as {@code data}. Pure; thread-safe.
 */
final class NativeDecoder {
  /** Characters of one text that is read; what is passed over may be longer. */
  private static final int MAX_TEXT = 10_000_000;

  /** Long numbers are refused by field, and with their event alone. */
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNumberLength(Integer.MAX_VALUE)
                  .maxStringLength(MAX_TEXT)
                  .build())
          .build();

  private static final Logger LOG = Logger.getLogger(NativeDecoder.class);

  private final int maxEvents;

  NativeDecoder(int maxEvents) {
    this.maxEvents = maxEvents;
  }

  Decoded json(byte[] body) {
    return json(Body.of(body));
  }

  Decoded lines(byte[] body) {
    return lines(Body.of(body));
  }

  Decoded cloudEvents(byte[] body) {
    return cloudEvents(Body.of(body));
  }

  /** An array, an object with {@code events}, or a single event. */
  Decoded json(Body body) {
    Reading reading = null;
    try (Body.Source source = body.open();
        JsonParser json = JSON.createParser(source)) {
      reading = new Reading(maxEvents, body, source);
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
      return reading.done();
    } catch (IOException e) {
      throw malformed(e, reading == null ? 0 : reading.items);
    }
  }

  /** An object is a wrapper when it has a member {@code events}, and otherwise one event. */
  private static void object(JsonParser json, Body body, Reading reading) throws IOException {
    try (Body.Source source = body.open();
        JsonParser ahead = JSON.createParser(source)) {
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
  Decoded lines(Body body) {
    try (Body.Source source = body.open()) {
      Reading reading = new Reading(maxEvents, body, source);
      Lines lines = new Lines(source);
      while (lines.next()) {
        line(lines, reading);
      }
      return reading.done();
    }
  }

  private static void line(InputStream line, Reading reading) {
    try (JsonParser json = JSON.createParser(line)) {
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

  /** CloudEvents 1.0 in structured mode: one, or an array of them. */
  Decoded cloudEvents(Body body) {
    Reading reading = null;
    try (Body.Source source = body.open();
        JsonParser json = JSON.createParser(source)) {
      reading = new Reading(maxEvents, body, source);
      CloudEventReader cloudEvents = new CloudEventReader(source);
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
      return reading.done();
    } catch (IOException e) {
      throw malformed(e, reading == null ? 0 : reading.items);
    }
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
          "The JSON nests too deep, or a name or text in it is too long, after "
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
    private final Body body;
    private final NativeEventParser parser;
    private final List<Decoded.Draft> drafts = new ArrayList<>();
    private final List<Rejection> rejected = new ArrayList<>();
    private int items;

    private Reading(int maxEvents, Body body, Body.Source source) {
      this.maxEvents = maxEvents;
      this.body = body;
      this.parser = new NativeEventParser(source);
    }

    private void array(JsonParser json) throws IOException {
      while (json.nextToken() != JsonToken.END_ARRAY) {
        event(json);
      }
    }

    /** Reads the event at the parser's current token. */
    private void event(JsonParser json) throws IOException {
      begin();
      if (json.currentToken() != JsonToken.START_OBJECT) {
        json.skipChildren();
        refuse(RejectionCode.MALFORMED_EVENT, "An event must be a JSON object.");
        return;
      }
      take(parser.parse(json));
    }

    private void cloudEvent(JsonParser json, CloudEventReader cloudEvents) throws IOException {
      begin();
      if (json.currentToken() != JsonToken.START_OBJECT) {
        json.skipChildren();
        refuse(RejectionCode.MALFORMED_EVENT, "A CloudEvent must be a JSON object.");
        return;
      }
      take(cloudEvents.read(json, parser));
    }

    private void take(EventFields fields) {
      UsageEvent event = null;
      try {
        event = NativeEvents.build(fields);
      } catch (RuntimeException e) {
        // Ours to mend, but not at the cost of the events beside it: they would be sent for ever.
        LOG.error("an event could not be read and was rejected", e);
        fields.wrong(
            RejectionCode.UNREADABLE,
            "The event holds a value that could not be worked with. The service's log says which.");
      }
      int index = items++;
      if (event == null) {
        rejected.add(fields.rejection(index));
        body.keeps(Footprint.REJECTION);
      } else {
        drafts.add(new Decoded.Draft(index, event));
        body.keeps(Footprint.of(event));
      }
    }

    private void refuse(RejectionCode code, String message) {
      rejected.add(new Rejection(items++, null, code, message));
      body.keeps(Footprint.REJECTION);
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

    /** Before anything is made of the next item. */
    private void begin() {
      if (items >= maxEvents) {
        throw new ProblemException(
            ProblemCode.TOO_MANY_EVENTS,
            "A request may have "
                + maxEvents
                + " events at most. Nothing of it was taken; send it in parts.");
      }
    }

    private Decoded done() {
      return new Decoded(items, drafts, rejected, List.of());
    }
  }
}
