package dev.tokenledger.alerting.anomaly;

import java.time.Duration;

/**
 * What may be chosen. The defaults suit buckets from a minute to a day; nothing has to be set for a
 * single series.
 *
 * @param alarmScore least score that alarms, in (0, 1). The odds of a score s, s : (1 - s), are
 *     three divided by how many points as unusual were to be expected in the time watched, and a
 *     little more the longer that was: 0.5 where three were, 0.97 where a tenth of one was
 * @param quietPoints after an alarm, points without another one, unless something far rarer comes
 * @param quiet after an alarm, time without another one; the shorter of the two counts
 * @param minimumPoints points before the first alarm
 * @param minimumHistory time before the first alarm; less than two days and the first mornings are
 *     news
 * @param memoryPoints points after which an extreme is forgotten
 * @param resolution the change that is nothing, as a share of the mean of all values' sizes: keeps
 *     a series that has hardly moved from alarming for a trifle
 */
public record AnomalySettings(
    double alarmScore,
    int quietPoints,
    Duration quiet,
    int minimumPoints,
    Duration minimumHistory,
    int memoryPoints,
    double resolution) {

  public static final AnomalySettings DEFAULTS =
      new AnomalySettings(0.6, 144, Duration.ofDays(1), 150, Duration.ofHours(46), 8_064, 0.02);

  public AnomalySettings {
    if (!(alarmScore > 0 && alarmScore < 1)) {
      throw new IllegalArgumentException("the score that alarms is between 0 and 1: " + alarmScore);
    }
    if (quietPoints < 0 || quiet.isNegative() || minimumPoints < 0 || minimumHistory.isNegative()) {
      throw new IllegalArgumentException("numbers of points and times are not negative");
    }
    if (memoryPoints < minimumPoints || memoryPoints < 1) {
      throw new IllegalArgumentException("memory is shorter than the history needed");
    }
    if (!(resolution > 0 && resolution < 1)) {
      throw new IllegalArgumentException("the resolution is between 0 and 1: " + resolution);
    }
  }

  /** The same with another score that alarms. */
  public AnomalySettings withAlarmScore(double score) {
    return new AnomalySettings(
        score, quietPoints, quiet, minimumPoints, minimumHistory, memoryPoints, resolution);
  }
}
