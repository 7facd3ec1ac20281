package dev.tokenledger.alerting.anomaly;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a subject.
 *
 * @param firstBucket start of the first hour that was fed
 * @param lastBucket start of the last hour that was fed
 * @param detectors one for each {@link WatchedMeasure}, in its order; none where their state cannot
 *     be read, so that they learn anew. They are fed on, not copied
 * @param readings of the last hour, in the same order
 * @param anomaly the one that lasts, or null
 */
record SeriesState(
    WatchedSeries subject,
    Instant firstBucket,
    Instant lastBucket,
    List<AnomalyDetector> detectors,
    List<Reading> readings,
    @Nullable Anomaly anomaly) {

  SeriesState {
    detectors = List.copyOf(detectors);
    readings = List.copyOf(readings);
  }

  /**
   * What the last hour was, and would have been.
   *
   * @param lower negative infinity where nothing is known
   * @param upper infinity where nothing is known
   */
  record Reading(long observed, double expected, double lower, double upper) {}

  /**
   * Something unusual that lasts.
   *
   * @param key of its incident
   * @param level grows when it alarms again
   * @param bucket start of the hour that alarmed last
   * @param measures those that alarmed
   * @param calmHours how many hours in a row all of these have been within their bounds since
   */
  record Anomaly(
      String key, int level, Instant bucket, Set<WatchedMeasure> measures, int calmHours) {
    Anomaly {
      measures = Set.copyOf(measures);
    }
  }

  /** Hours that were fed, those without usage included. */
  long points() {
    return Duration.between(firstBucket, lastBucket).toHours() + 1;
  }

  /** Whether it is too new to alarm. */
  boolean isLearning() {
    return points() < AnomalySettings.DEFAULTS.minimumPoints();
  }

  /** The same without what the detectors have learnt. */
  SeriesState forgotten() {
    return new SeriesState(subject, firstBucket, lastBucket, List.of(), readings, anomaly);
  }
}
