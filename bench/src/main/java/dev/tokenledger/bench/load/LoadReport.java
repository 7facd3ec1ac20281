package dev.tokenledger.bench.load;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What came of a run. Latencies are in nanoseconds; in an open loop they count from when a request
 * was due, so that one that had to wait for a slow one before it does not look fast.
 *
 * @param sent events in requests that were sent
 * @param errors requests without a 202, by status or by kind of failure
 * @param sendSeconds from the first request to the last answer
 * @param settled the settling, when it was watched
 * @param visible from an acknowledgement to when it could be read, when it was probed
 */
public record LoadReport(
    long sent,
    long accepted,
    Map<String, Long> errors,
    double sendSeconds,
    Histogram acknowledged,
    @Nullable Settled settled,
    @Nullable Histogram visible) {

  /**
   * @param events settled at the end, as many as were accepted unless time ran out
   * @param seconds from the first request until all were settled
   * @param longestBacklog most events that were accepted and not yet settled
   */
  public record Settled(long events, double seconds, long longestBacklog, boolean complete) {
    public double eventsPerSecond() {
      return events / seconds;
    }
  }

  public LoadReport {
    errors = new TreeMap<>(errors);
  }

  public double acceptedPerSecond() {
    return accepted / sendSeconds;
  }

  /** A percentile of the acknowledgement in milliseconds. */
  public double acknowledgedMillis(double percentile) {
    return acknowledged.getValueAtPercentile(percentile) / 1e6;
  }

  public String text() {
    StringBuilder text = new StringBuilder();
    line(text, "sent", "%,d events in %.1f s", sent, sendSeconds);
    line(text, "accepted", "%,d events, %,.0f/s", accepted, acceptedPerSecond());
    line(text, "errors", "%s", errors.isEmpty() ? "none" : errors.toString());
    line(text, "acknowledged", "%s", millis(acknowledged));
    if (settled != null) {
      line(
          text,
          "settled",
          "%,d events in %.1f s, %,.0f/s end to end; longest backlog %,d%s",
          settled.events,
          settled.seconds,
          settled.eventsPerSecond(),
          settled.longestBacklog,
          settled.complete ? "" : "; NOT ALL of what was accepted in the time given");
    }
    if (visible != null) {
      line(text, "visible after", "%s", millis(visible));
    }
    return text.toString();
  }

  private static String millis(Histogram histogram) {
    return String.format(
        Locale.ROOT,
        "p50 %.1f ms, p95 %.1f ms, p99 %.1f ms, max %.1f ms (%,d)",
        histogram.getValueAtPercentile(50) / 1e6,
        histogram.getValueAtPercentile(95) / 1e6,
        histogram.getValueAtPercentile(99) / 1e6,
        histogram.getMaxValue() / 1e6,
        histogram.getTotalCount());
  }

  private static void line(StringBuilder text, String name, String format, Object... values) {
    text.append(String.format(Locale.ROOT, "%-14s", name))
        .append(String.format(Locale.ROOT, format, values))
        .append('\n');
  }
}
