package dev.tokenledger.model.trace;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The place of one span in its trace. Every span of a telemetry request is kept as a link, also one
 * that is no usage event, so that the nesting of model calls can be seen whichever arrives first.
 *
 * @param traceId lower-case hex, 32 digits
 * @param spanId lower-case hex, 16 digits
 * @param parentSpanId lower-case hex, or null for a root
 * @param callEventId the id of the {@link dev.tokenledger.model.event.ModelCall} that was read off
 *     this span, or null when the span reports no usage of its own
 * @param responseId the provider's identifier of the answer, or null
 * @param tool true when the span is the execution of a tool: a call within it is another call than
 *     the one around it
 * @param event true when an event with the id {@code trace/span} was read off this span: an agent's
 *     run, a step, or the call
 * @param names what the span says of itself and the spans beneath it inherit
 */
public record SpanLink(
    String traceId,
    String spanId,
    @Nullable String parentSpanId,
    @Nullable String callEventId,
    @Nullable String responseId,
    boolean tool,
    boolean event,
    SpanNames names) {

  /** Ends the id of a call that was read off a span which is no model call itself. */
  public static final String USAGE_SUFFIX = "#usage";

  public SpanLink {
    Objects.requireNonNull(traceId, "traceId");
    Objects.requireNonNull(spanId, "spanId");
    Objects.requireNonNull(names, "names");
  }

  /** The id of the event that stands for the span itself. */
  public static String eventId(String traceId, String spanId) {
    return traceId + '/' + spanId;
  }

  /** A span without names. */
  public SpanLink(
      String traceId,
      String spanId,
      @Nullable String parentSpanId,
      @Nullable String callEventId,
      @Nullable String responseId,
      boolean tool) {
    this(
        traceId,
        spanId,
        parentSpanId,
        callEventId,
        responseId,
        tool,
        callEventId != null,
        SpanNames.NONE);
  }

  public SpanLink withNames(SpanNames newNames) {
    return new SpanLink(
        traceId, spanId, parentSpanId, callEventId, responseId, tool, event, newNames);
  }

  /** A span without names that is not the execution of a tool. */
  public SpanLink(
      String traceId,
      String spanId,
      @Nullable String parentSpanId,
      @Nullable String callEventId,
      @Nullable String responseId) {
    this(traceId, spanId, parentSpanId, callEventId, responseId, false);
  }
}
