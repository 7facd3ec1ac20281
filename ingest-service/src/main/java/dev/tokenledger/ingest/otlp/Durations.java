package dev.tokenledger.ingest.otlp;

import static dev.tokenledger.model.event.ModelCall.UNKNOWN;

import dev.tokenledger.model.event.ModelCall;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How long a span took, and how long until the first token. */
final class Durations {
  private static final BigDecimal MICROS_IN_MILLI = BigDecimal.valueOf(1000);
  private static final BigDecimal MICROS_IN_SECOND = BigDecimal.valueOf(1_000_000);

  /** A day: nothing that is one call takes longer, so a larger number has another unit. */
  private static final BigDecimal MAX_MICROS = BigDecimal.valueOf(86_400_000_000L);

  private static final Duration LONGEST = Duration.ofDays(1);

  private Durations() {}

  /**
   * Microseconds from start to end, or {@code UNKNOWN} when the end is missing, before the start,
   * or so long after it that it is no time of this span.
   */
  static long latencyMicros(SpanData span) {
    if (span.endNanos() < span.startNanos() || span.endNanos() <= 0) {
      return UNKNOWN;
    }
    long micros = (span.endNanos() - span.startNanos()) / 1000;
    return micros > ModelCall.MAX_DURATION_MICROS ? UNKNOWN : micros;
  }

  static long timeToFirstTokenMicros(SpanData span) {
    Attributes attributes = span.attributes();
    BigDecimal millis = attributes.number(AttributeNames.FIRST_TOKEN_MILLIS);
    if (millis != null) {
      return within(span, millis.multiply(MICROS_IN_MILLI));
    }
    BigDecimal seconds = attributes.number("gen_ai.response.time_to_first_chunk");
    if (seconds != null) {
      return within(span, seconds.multiply(MICROS_IN_SECOND));
    }
    BigDecimal unclear = attributes.number(AttributeNames.FIRST_TOKEN_UNCLEAR);
    if (unclear != null) {
      // Seconds by convention, milliseconds by Strands: what exceeds the call cannot be seconds.
      long micros = within(span, unclear.multiply(MICROS_IN_SECOND));
      return micros == UNKNOWN ? within(span, unclear.multiply(MICROS_IN_MILLI)) : micros;
    }
    Instant completionStart =
        instant(attributes.text("langfuse.observation.completion_start_time"));
    if (completionStart != null) {
      return between(span, Instant.EPOCH.plusNanos(span.startNanos()), completionStart);
    }
    return fromEvents(span);
  }

  private static long fromEvents(SpanData span) {
    for (SpanData.Event event : span.events()) {
      if (isFirstToken(event.name())) {
        return between(
            span,
            Instant.EPOCH.plusNanos(span.startNanos()),
            Instant.EPOCH.plusNanos(event.timeNanos()));
      }
    }
    return UNKNOWN;
  }

  /** True for the name of an event at the first token. */
  static boolean isFirstToken(String eventName) {
    String name = eventName.toLowerCase(Locale.ROOT);
    return name.startsWith("first token")
        || name.contains("first_token")
        || name.endsWith("firstchunk")
        || name.endsWith("content.completion.chunk");
  }

  /** Times may lie any number of centuries apart, which no long of microseconds can say. */
  private static long between(SpanData span, Instant start, Instant end) {
    Duration duration = Duration.between(start, end);
    return duration.isNegative() || duration.compareTo(LONGEST) > 0
        ? UNKNOWN
        : within(span, BigDecimal.valueOf(duration.toNanos() / 1000));
  }

  /** The duration when it lies within the call, else {@code UNKNOWN}. */
  private static long within(SpanData span, BigDecimal micros) {
    if (micros.signum() < 0 || micros.compareTo(MAX_MICROS) > 0) {
      return UNKNOWN;
    }
    long latency = latencyMicros(span);
    long value = micros.longValue();
    return latency != UNKNOWN && value > latency ? UNKNOWN : value;
  }

  private static @Nullable Instant instant(@Nullable String text) {
    if (text == null) {
      return null;
    }
    try {
      return Instant.parse(text.replace("\"", "").strip());
    } catch (DateTimeException e) {
      return null;
    }
  }
}
