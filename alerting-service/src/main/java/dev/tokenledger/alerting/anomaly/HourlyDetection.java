package dev.tokenledger.alerting.anomaly;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Feeds hours of a subject to its detectors, and says what follows. Changes nothing else. */
final class HourlyDetection {
  static final Duration BUCKET = Duration.ofHours(1);

  /** Four weeks: what the detector learns of a week it has then seen four times. */
  static final Duration HISTORY = Duration.ofDays(28);

  /** Alarms of older hours come too late: they would have ended already. */
  static final Duration NEWS = Duration.ofHours(24);

  static final int CALM_HOURS = 3;

  /**
   * A detector compares means of 24 points: a spike leaves them after a day, which looks like a
   * fall, and another day later that has left them, too. With a quiet of a day, nine of ten spikes
   * would be told twice.
   */
  private static final Duration QUIET = Duration.ofHours(49);

  private final WatchedSeries subject;
  private final List<Event> events = new ArrayList<>();
  private SeriesState.@Nullable Anomaly anomaly;

  private HourlyDetection(WatchedSeries subject, SeriesState.@Nullable Anomaly anomaly) {
    this.subject = subject;
    this.anomaly = anomaly;
  }

  /** What is to be told, in its order. */
  sealed interface Event {}

  /** An anomaly has begun, or has alarmed again. */
  record Alarm(
      WatchedSeries subject,
      SeriesState.Anomaly anomaly,
      WatchedMeasure measure,
      long observed,
      Verdict verdict)
      implements Event {}

  /** An anomaly has ended. */
  record End(String key, String reason) implements Event {}

  /** What is known afterwards, and what is to be told. */
  record Fed(SeriesState watch, List<Event> events) {
    Fed {
      events = List.copyOf(events);
    }
  }

  /** The detector's settings for hours. */
  static AnomalySettings settings(double alarmScore) {
    AnomalySettings defaults = AnomalySettings.DEFAULTS;
    return new AnomalySettings(
        alarmScore,
        defaults.quietPoints(),
        QUIET,
        defaults.minimumPoints(),
        defaults.minimumHistory(),
        defaults.memoryPoints(),
        defaults.resolution());
  }

  /** Start of the hours that are needed to go on. */
  static Instant start(@Nullable SeriesState before, Instant end) {
    Instant earliest = end.minus(HISTORY);
    return before == null || before.detectors().isEmpty() || isLeftBehind(before, end)
        ? earliest
        : before.lastBucket().plus(BUCKET);
  }

  private static boolean isLeftBehind(SeriesState before, Instant end) {
    return before.lastBucket().plus(BUCKET).isBefore(end.minus(HISTORY));
  }

  /**
   * Feeds all hours from where the subject stands up to an end. What is seen for the first time, or
   * was lost from sight for longer than its history is read, learns from its history without a
   * word; only the last hour is news then.
   *
   * @param before null at first sight
   * @param usage the hours from {@link #start} to the end; those that are missing are zero
   * @param end of the last hour
   * @return empty where nothing is to be fed: all was, or there is no usage at all
   */
  static Optional<Fed> feed(
      WatchedSeries subject,
      @Nullable SeriesState before,
      SortedMap<Instant, Amounts> usage,
      Instant end,
      AnomalySettings settings) {
    boolean anew = before == null || before.detectors().isEmpty() || isLeftBehind(before, end);
    if (anew && usage.isEmpty()) {
      return Optional.empty();
    }
    Instant first = anew ? usage.firstKey() : before.lastBucket().plus(BUCKET);
    if (!first.isBefore(end)) {
      return Optional.empty();
    }
    Instant news = end.minus(anew ? BUCKET : NEWS);
    List<AnomalyDetector> detectors =
        anew
            ? Stream.of(WatchedMeasure.values()).map(m -> new AnomalyDetector(settings)).toList()
            : before.detectors();
    HourlyDetection feeding =
        new HourlyDetection(subject, before == null ? null : before.anomaly());
    List<SeriesState.Reading> readings = List.of();
    for (Instant bucket = first; bucket.isBefore(end); bucket = bucket.plus(BUCKET)) {
      Amounts amounts = usage.getOrDefault(bucket, Amounts.ZERO);
      readings = feeding.feed(detectors, bucket, amounts, !bucket.isBefore(news));
    }
    return Optional.of(
        new Fed(
            new SeriesState(
                subject,
                anew ? first : before.firstBucket(),
                end.minus(BUCKET),
                detectors,
                readings,
                feeding.anomaly),
            feeding.events));
  }

  private List<SeriesState.Reading> feed(
      List<AnomalyDetector> detectors, Instant bucket, Amounts amounts, boolean isNews) {
    List<SeriesState.Reading> readings = new ArrayList<>();
    Set<WatchedMeasure> unusual = EnumSet.noneOf(WatchedMeasure.class);
    Map<WatchedMeasure, Verdict> alarms = new EnumMap<>(WatchedMeasure.class);
    for (WatchedMeasure measure : WatchedMeasure.values()) {
      long observed = amounts.of(measure);
      Verdict verdict = detectors.get(measure.ordinal()).observe(bucket, observed);
      readings.add(
          new SeriesState.Reading(observed, verdict.expected(), verdict.lower(), verdict.upper()));
      if (observed < verdict.lower() || observed > verdict.upper()) {
        unusual.add(measure);
      }
      if (isNews && verdict.alarm() && measure.isWorthTelling(observed, verdict)) {
        alarms.put(measure, verdict);
      }
    }
    if (alarms.isEmpty()) {
      calm(bucket, unusual);
    } else {
      alarm(bucket, amounts, alarms);
    }
    return readings;
  }

  /** One anomaly of a subject lasts at a time; what else alarms meanwhile makes it worse. */
  private void alarm(Instant bucket, Amounts amounts, Map<WatchedMeasure, Verdict> alarms) {
    WatchedMeasure first = alarms.keySet().iterator().next();
    Set<WatchedMeasure> measures = EnumSet.copyOf(alarms.keySet());
    SeriesState.Anomaly now;
    if (anomaly == null) {
      now = new SeriesState.Anomaly(subject.key(first, bucket), 1, bucket, measures, 0);
    } else {
      measures.addAll(anomaly.measures());
      now = new SeriesState.Anomaly(anomaly.key(), anomaly.level() + 1, bucket, measures, 0);
    }
    anomaly = now;
    events.add(new Alarm(subject, now, first, amounts.of(first), alarms.get(first)));
  }

  private void calm(Instant bucket, Set<WatchedMeasure> unusual) {
    SeriesState.Anomaly known = anomaly;
    // Who learns anew sees again what lies before the anomaly.
    if (known == null || !bucket.isAfter(known.bucket())) {
      return;
    }
    boolean isCalm = known.measures().stream().noneMatch(unusual::contains);
    int calmHours = isCalm ? known.calmHours() + 1 : 0;
    if (calmHours >= CALM_HOURS) {
      end(known, "usage has been within its bounds for " + CALM_HOURS + " hours");
    } else if (Duration.between(known.bucket(), bucket).compareTo(NEWS) >= 0) {
      end(known, "it began more than a day ago and is what is usual now");
    } else {
      anomaly =
          new SeriesState.Anomaly(
              known.key(), known.level(), known.bucket(), known.measures(), calmHours);
    }
  }

  private void end(SeriesState.Anomaly known, String reason) {
    events.add(new End(known.key(), reason));
    anomaly = null;
  }
}
