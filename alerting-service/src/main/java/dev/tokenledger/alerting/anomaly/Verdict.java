package dev.tokenledger.alerting.anomaly;

/**
 * What a point is, seen from all that came before it.
 *
 * @param score how surely something unusual begins here, in [0, 1]; 0 while the series is being
 *     learnt, and for what belongs to an event that has alarmed
 * @param alarm whether somebody is to be told
 * @param expected the value that would have been ordinary; the value itself where nothing is known
 * @param lower values below it are unusual by themselves; negative infinity where nothing is known
 * @param upper values above it are unusual by themselves; infinity where nothing is known
 * @param cause what is the most unusual of it, whatever the score
 * @param direction where that went
 */
public record Verdict(
    double score,
    boolean alarm,
    double expected,
    double lower,
    double upper,
    Cause cause,
    Direction direction) {

  /** What may be unusual. Only the first and the third are about one value. */
  public enum Cause {
    /** Nothing that is worth a name. */
    NONE,
    /** A value far from the ones just before it. */
    SPIKE,
    /** The mean of the latest values is far from where it has been. */
    LEVEL,
    /** A value that does not fit the time of day or week. */
    SEASON,
    /** Values that for a while do not fit the time of day or week. */
    SEASON_LEVEL,
    /** Values move more or less than they have: jitter, or a flat line. */
    VARIABILITY
  }

  /** Of {@link Cause#VARIABILITY}, up is more of it. */
  public enum Direction {
    NONE,
    UP,
    DOWN
  }

  static Verdict ordinary(double expected) {
    return new Verdict(
        0,
        false,
        expected,
        Double.NEGATIVE_INFINITY,
        Double.POSITIVE_INFINITY,
        Cause.NONE,
        Direction.NONE);
  }
}
