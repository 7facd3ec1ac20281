package dev.tokenledger.ingest.otlp;

import dev.tokenledger.model.trace.SpanLink;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One span, whichever encoding it came in.
 *
 * @param traceId lower-case hex, 32 digits
 * @param spanId lower-case hex, 16 digits
 * @param parentSpanId lower-case hex, or null for a root
 * @param startNanos nanoseconds since 1970, 0 when not sent
 * @param endNanos nanoseconds since 1970, 0 when not sent
 * @param failed true when the span's status is an error
 * @param attributes attributes of the span
 * @param resource attributes of the resource it belongs to
 */
record SpanData(
    String traceId,
    String spanId,
    @Nullable String parentSpanId,
    String name,
    String scope,
    long startNanos,
    long endNanos,
    boolean failed,
    Attributes attributes,
    Attributes resource,
    List<Event> events) {

  /** A point in time within a span. */
  record Event(String name, long timeNanos, Attributes attributes) {}

  String eventId() {
    return SpanLink.eventId(traceId, spanId);
  }
}
