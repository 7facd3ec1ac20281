package dev.tokenledger.alerting.anomaly;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** Usage of one agent by hours, with the days' ups and downs, in which something can be planted. */
final class MadeUpUsage implements UsageSource {
  static final WatchedSeries CRAWLER = new WatchedSeries("agent", "crawler");

  private static final long NANOS_PER_CALL = 10_000_000;
  private static final long TOKENS_PER_CALL = 4_000;

  private final SortedMap<Instant, Amounts> hours = new TreeMap<>();
  private volatile List<WatchedSeries> largest = List.of(CRAWLER);
  private volatile int reads;

  MadeUpUsage(Instant start, Instant end) {
    Random random = new Random(7);
    for (Instant hour = start; hour.isBefore(end); hour = hour.plus(HourlyDetection.BUCKET)) {
      double ofDay = Duration.between(Instant.EPOCH, hour).toHours() % 24 / 24.0;
      double usual = 100 + 50 * Math.sin(2 * Math.PI * ofDay);
      plant(hour, Math.round(usual + 8 * random.nextGaussian()));
    }
  }

  /** Sets the calls of an hour. */
  void plant(Instant hour, long calls) {
    hours.put(
        hour, new Amounts(calls * NANOS_PER_CALL, calls * TOKENS_PER_CALL, calls, calls / 100));
  }

  void remove(Instant hour) {
    hours.remove(hour);
  }

  void watchNobody() {
    largest = List.of();
  }

  /** How often hours were asked for. */
  int reads() {
    return reads;
  }

  long calls(Instant hour) {
    return hours.getOrDefault(hour, Amounts.ZERO).calls();
  }

  @Override
  public List<Integer> tenants() {
    throw new UnsupportedOperationException("tests name the tenant");
  }

  @Override
  public Optional<Instant> dataThrough(int tenantId) {
    throw new UnsupportedOperationException("tests name the last hour");
  }

  @Override
  public List<WatchedSeries> largest(int tenantId, Instant end) {
    return largest;
  }

  @Override
  public synchronized Map<WatchedSeries, SortedMap<Instant, Amounts>> hours(
      int tenantId, Collection<WatchedSeries> subjects, Instant start, Instant end) {
    reads++;
    Map<WatchedSeries, SortedMap<Instant, Amounts>> found = new HashMap<>();
    subjects.forEach(subject -> found.put(subject, new TreeMap<>(hours.subMap(start, end))));
    return found;
  }
}
