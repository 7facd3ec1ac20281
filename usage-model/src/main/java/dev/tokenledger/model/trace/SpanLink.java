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
 */
public record SpanLink(
    String traceId,
    String spanId,
    @Nullable String parentSpanId,
    @Nullable String callEventId,
    @Nullable String responseId,
    boolean tool) {

  public SpanLink {
    Objects.requireNonNull(traceId, "traceId");
    Objects.requireNonNull(spanId, "spanId");
  }

  /** A span that is not the execution of a tool. */
  public SpanLink(
      String traceId,
      String spanId,
      @Nullable String parentSpanId,
      @Nullable String callEventId,
      @Nullable String responseId) {
    this(traceId, spanId, parentSpanId, callEventId, responseId, false);
  }
}
