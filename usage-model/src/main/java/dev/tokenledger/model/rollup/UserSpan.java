package dev.tokenledger.model.rollup;

import java.time.Duration;
import java.time.Instant;

/**
 * The lengths of the buckets of {@code ledger.user_sums}, which adds the cuboid of users up over
 * models once the time of a bucket has passed. Each length is a multiple of the one before; buckets
 * are aligned to the epoch.
 */
public enum UserSpan {
  FOUR_HOURS(4),
  DAY(24),
  EIGHT_DAYS(8 * 24);

  private final int hours;

  UserSpan(int hours) {
    this.hours = hours;
  }

  /**
   * The span of a stored length.
   *
   * @throws IllegalArgumentException if there is none of that length
   */
  public static UserSpan ofHours(int hours) {
    for (UserSpan span : values()) {
      if (span.hours == hours) {
        return span;
      }
    }
    throw new IllegalArgumentException("no sums of users are kept for " + hours + " hours");
  }

  /** The length in hours, as it is stored. */
  public int hours() {
    return hours;
  }

  public Duration length() {
    return Duration.ofHours(hours);
  }

  /** The start of the bucket that holds the given second, both in seconds since the epoch. */
  public long floorSecond(long epochSecond) {
    return epochSecond - Math.floorMod(epochSecond, length().toSeconds());
  }

  public Instant floor(Instant time) {
    return Instant.ofEpochSecond(floorSecond(time.getEpochSecond()));
  }

  /** The start of the first bucket that does not begin before the given time. */
  public Instant ceil(Instant time) {
    Instant floor = floor(time);
    return floor.equals(time) ? time : floor.plus(length());
  }
}
