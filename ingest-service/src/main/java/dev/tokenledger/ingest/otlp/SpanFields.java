package dev.tokenledger.ingest.otlp;

import dev.tokenledger.ingest.decode.RejectionCode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The fields of one span as they come out of its encoding, in any order. What is wrong with one of
 * them is kept until the span has been read to its end, so that the next span can be read. Reused
 * from span to span by one reader.
 */
final class SpanFields {
  /** Events of one span that are kept: the first of those that say something decides. */
  private static final int MAX_EVENTS = 16;

  /** What can be wrong, in the order in which it is said. */
  private enum Part {
    SPAN,
    TRACE_ID,
    SPAN_ID,
    PARENT_ID,
    START,
    END,
    ATTRIBUTES
  }

  private final Refusal[] faults = new Refusal[Part.values().length];
  private @Nullable String traceId;
  private @Nullable String spanId;
  private @Nullable String parentSpanId;
  private String name = "";
  private long startNanos;
  private long endNanos;
  private boolean failed;
  private Attributes attributes = Attributes.NONE;
  private List<SpanData.Event> events = new ArrayList<>(0);

  /** Reads a field's value. */
  interface Reading<T> {
    T read() throws Refusal;
  }

  void clear() {
    java.util.Arrays.fill(faults, null);
    traceId = null;
    spanId = null;
    parentSpanId = null;
    name = "";
    startNanos = 0;
    endNanos = 0;
    failed = false;
    attributes = Attributes.NONE;
    events = new ArrayList<>(0);
  }

  void traceId(Reading<String> id) {
    traceId = attempt(Part.TRACE_ID, id);
  }

  void spanId(Reading<String> id) {
    spanId = attempt(Part.SPAN_ID, id);
  }

  void parentSpanId(Reading<@Nullable String> id) {
    parentSpanId = attempt(Part.PARENT_ID, id);
  }

  void name(String text) {
    name = Text.shortened(text, Text.LONGEST);
  }

  void startNanos(Reading<Long> nanos) {
    Long read = attempt(Part.START, nanos);
    startNanos = read == null ? 0 : read;
  }

  void endNanos(Reading<Long> nanos) {
    Long read = attempt(Part.END, nanos);
    endNanos = read == null ? 0 : read;
  }

  void startNanos(long nanos) {
    startNanos = nanos;
  }

  void endNanos(long nanos) {
    endNanos = nanos;
  }

  void failed(boolean isError) {
    failed = isError;
  }

  void attributes(Attributes read) {
    faults[Part.ATTRIBUTES.ordinal()] = null;
    attributes = read;
  }

  void event(String eventName, long timeNanos, Attributes eventAttributes) {
    if (events.size() < MAX_EVENTS
        && (Durations.isFirstToken(eventName) || Outcome.isException(eventName))) {
      events.add(new SpanData.Event(eventName, timeNanos, eventAttributes));
    }
  }

  void noEvents() {
    events.clear();
  }

  void malformed(String message) {
    faults[Part.SPAN.ordinal()] = new Refusal(RejectionCode.MALFORMED_EVENT, message);
  }

  void malformedAttributes(String message) {
    faults[Part.ATTRIBUTES.ordinal()] = new Refusal(RejectionCode.MALFORMED_EVENT, message);
  }

  private <T> @Nullable T attempt(Part part, Reading<T> reading) {
    faults[part.ordinal()] = null;
    try {
      return reading.read();
    } catch (Refusal refusal) {
      faults[part.ordinal()] = refusal;
      return null;
    }
  }

  /** The span that they make. */
  SpanData build(String scope, Attributes resource) throws Refusal {
    check(Part.SPAN);
    check(Part.TRACE_ID);
    String trace = traceId == null ? Ids.trace(new byte[0]) : traceId;
    check(Part.SPAN_ID);
    String span = spanId == null ? Ids.span(new byte[0]) : spanId;
    for (Part part : Part.values()) {
      check(part);
    }
    return new SpanData(
        trace,
        span,
        parentSpanId,
        name,
        scope,
        startNanos,
        endNanos,
        failed,
        attributes,
        resource,
        events);
  }

  private void check(Part part) throws Refusal {
    Refusal fault = faults[part.ordinal()];
    if (fault != null) {
      throw fault;
    }
  }
}
