package dev.tokenledger.aggregation.block;

import dev.tokenledger.model.trace.SpanLink;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The place of a span, with the names it says as numbers.
 *
 * @param names one dimension id for each of {@link
 *     dev.tokenledger.aggregation.event.Inherited#DIMENSIONS}, 0 where the span says nothing
 * @param version when the door admitted it, microseconds since the epoch
 */
public record EncodedLink(SpanLink link, int[] names, long version) {

  /**
   * Tells which of several copies of a span is asked for its names: the one that says most of them,
   * then the latest. 0 for one that says none.
   */
  public long rank() {
    long said = Arrays.stream(names).filter(id -> id != 0).count();
    return said == 0 ? 0 : said << 56 | version;
  }

  /** The one of two copies of a span that has both of what they say. */
  public EncodedLink merge(EncodedLink other) {
    EncodedLink named = rank() >= other.rank() ? this : other;
    SpanLink a = link;
    SpanLink b = other.link;
    return new EncodedLink(
        new SpanLink(
            a.traceId(),
            a.spanId(),
            later(a.parentSpanId(), b.parentSpanId()),
            earlier(a.callEventId(), b.callEventId()),
            later(a.responseId(), b.responseId()),
            a.tool() || b.tool(),
            a.event() || b.event(),
            named.link.names()),
        named.names,
        named.version);
  }

  /** Of two texts the one that the alphabet has later: any order will do that all agree upon. */
  private static @Nullable String later(@Nullable String a, @Nullable String b) {
    return a == null || b != null && b.compareTo(a) > 0 ? b : a;
  }

  private static @Nullable String earlier(@Nullable String a, @Nullable String b) {
    return a == null || b != null && b.compareTo(a) < 0 ? b : a;
  }
}
