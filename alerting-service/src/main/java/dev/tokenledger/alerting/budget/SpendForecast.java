package dev.tokenledger.alerting.budget;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a period is expected to cost by its end.
 *
 * <p>Each hour to come is expected to cost what the same hour of the week did on average over the
 * last four weeks, or the same hour of the day where less than two weeks are known, or any hour
 * where less than two days are; then scaled by how much the last day cost beside what the same
 * profile says of it, within a half and the double, unless that may well be chance. The interval is
 * that of a normal distribution of the sum of what the hours differ from their profile, with what
 * the profile and the level may be wrong by; hours that differ together, as those of a busy day do,
 * widen it.
 *
 * @param expectedNanos spent so far and what is expected to come
 * @param lowNanos the lower end of the interval that holds four of five outcomes; never below what
 *     is spent
 * @param highNanos the upper end
 * @param exhaustedAt when the limit is expected to be reached, or null if not within the period
 */
public record SpendForecast(
    long expectedNanos, long lowNanos, long highNanos, @Nullable Instant exhaustedAt) {
  /** How far back hours are looked at. */
  static final Duration HISTORY = Duration.ofDays(28);

  private static final int DAY = 24;
  private static final int WEEK = 7 * DAY;

  /** Fewer hours than this tell nothing. */
  private static final int LEAST_HOURS = 3;

  private static final MathContext PRECISION = MathContext.DECIMAL64;
  private static final BigDecimal TWO = BigDecimal.valueOf(2);
  private static final BigDecimal HALF = new BigDecimal("0.5");

  /** The quantile 0.9 of the standard normal distribution: four of five lie within both ends. */
  private static final BigDecimal Z = new BigDecimal("1.2816");

  private static final BigDecimal MOST = BigDecimal.valueOf(Long.MAX_VALUE);

  /**
   * @param hours cost in nano-dollars by hour of {@link #HISTORY}; hours without cost may be absent
   * @param spentNanos spent in the period so far
   * @param limitNanos the budget's amount
   * @param end end of the period
   * @return null when too little is known yet
   */
  public static @Nullable SpendForecast of(
      Map<Instant, Long> hours, long spentNanos, long limitNanos, Instant now, Instant end) {
    Instant thisHour = hour(now);
    Instant first = hours.keySet().stream().min(Instant::compareTo).orElse(thisHour);
    int known = (int) Duration.between(first, thisHour).toHours();
    if (known < LEAST_HOURS) {
      return null;
    }
    BigDecimal[] cost = new BigDecimal[known];
    for (int i = 0; i < known; i++) {
      Instant at = first.plus(Duration.ofHours(i));
      cost[i] = BigDecimal.valueOf(hours.getOrDefault(at, 0L));
    }
    BigDecimal[] profile = profile(cost);
    BigDecimal variance = hourVariance(cost, profile);
    Level level = level(cost, profile, variance);
    BigDecimal total = BigDecimal.valueOf(spentNanos);
    BigDecimal limit = BigDecimal.valueOf(limitNanos);
    Instant exhausted = spentNanos >= limitNanos ? now : null;
    BigDecimal remainingHours = BigDecimal.ZERO;
    Instant at = now;
    while (at.isBefore(end)) {
      Instant next = hour(at).plus(Duration.ofHours(1));
      next = next.isAfter(end) ? end : next;
      int position = Math.toIntExact(Duration.between(first, hour(at)).toHours());
      BigDecimal share = hoursBetween(at, next);
      BigDecimal more =
          profile[position % profile.length]
              .multiply(level.factor, PRECISION)
              .multiply(share, PRECISION);
      BigDecimal after = total.add(more, PRECISION);
      if (exhausted == null && after.compareTo(limit) >= 0) {
        BigDecimal part = limit.subtract(total).divide(more, PRECISION);
        long millis =
            part.multiply(BigDecimal.valueOf(Duration.between(at, next).toMillis())).longValue();
        exhausted = at.plusMillis(millis);
      }
      total = after;
      remainingHours = remainingHours.add(share);
      at = next;
    }
    BigDecimal spread =
        variance
            .multiply(
                uncertainty(
                    remainingHours, known, total.subtract(BigDecimal.valueOf(spentNanos)), level),
                PRECISION)
            .sqrt(PRECISION)
            .multiply(Z, PRECISION);
    return new SpendForecast(
        nanos(total),
        Math.max(spentNanos, nanos(total.subtract(spread))),
        nanos(total.add(spread)),
        exhausted);
  }

  private static Instant hour(Instant time) {
    return Instant.ofEpochSecond(
        time.getEpochSecond() - Math.floorMod(time.getEpochSecond(), 3600));
  }

  private static BigDecimal hoursBetween(Instant from, Instant until) {
    return BigDecimal.valueOf(Duration.between(from, until).toMillis())
        .divide(BigDecimal.valueOf(3_600_000), PRECISION);
  }

  /** The mean cost of each hour of a week or day, by the position of the hour in the history. */
  private static BigDecimal[] profile(BigDecimal[] cost) {
    int length = cost.length >= 2 * WEEK ? WEEK : cost.length >= 2 * DAY ? DAY : 1;
    BigDecimal[] profile = new BigDecimal[length];
    for (int i = 0; i < length; i++) {
      BigDecimal sum = BigDecimal.ZERO;
      int count = 0;
      for (int at = i; at < cost.length; at += length) {
        sum = sum.add(cost[at]);
        count++;
      }
      profile[i] = sum.divide(BigDecimal.valueOf(count), PRECISION);
    }
    return profile;
  }

  /**
   * How much the last day cost beside what the profile says of it.
   *
   * @param factor one where the difference may well be chance
   * @param usual what the profile says of the last day, or zero where the factor is taken as known
   */
  private record Level(BigDecimal factor, BigDecimal usual) {}

  private static Level level(BigDecimal[] cost, BigDecimal[] profile, BigDecimal variance) {
    BigDecimal actual = BigDecimal.ZERO;
    BigDecimal usual = BigDecimal.ZERO;
    int hours = Math.min(DAY, cost.length);
    for (int at = cost.length - hours; at < cost.length; at++) {
      actual = actual.add(cost[at]);
      usual = usual.add(profile[at % profile.length]);
    }
    BigDecimal chance =
        variance.multiply(BigDecimal.valueOf(hours), PRECISION).sqrt(PRECISION).multiply(TWO);
    boolean differs = actual.subtract(usual).abs().compareTo(chance) > 0;
    return usual.signum() == 0 || !differs
        ? new Level(BigDecimal.ONE, BigDecimal.ZERO)
        : new Level(actual.divide(usual, PRECISION).max(HALF).min(TWO), usual);
  }

  /**
   * By how much the variance of one hour is multiplied: the hours to come, the profile, which was
   * itself estimated from what is known, and the level, which was estimated from a day.
   */
  private static BigDecimal uncertainty(
      BigDecimal remainingHours, int known, BigDecimal more, Level level) {
    BigDecimal sum =
        remainingHours.add(
            remainingHours
                .multiply(remainingHours, PRECISION)
                .divide(BigDecimal.valueOf(known), PRECISION));
    if (level.usual.signum() == 0) {
      return sum;
    }
    BigDecimal days = more.divide(level.factor.multiply(level.usual), PRECISION);
    return sum.add(days.multiply(days, PRECISION).multiply(BigDecimal.valueOf(DAY)), PRECISION);
  }

  /**
   * The variance that an hour adds to a sum of many: that of whole days' differences from the
   * profile, by the hour, or that of single hours where it is larger or less than a week is known.
   */
  private static BigDecimal hourVariance(BigDecimal[] cost, BigDecimal[] profile) {
    BigDecimal hourly = BigDecimal.ZERO;
    BigDecimal daily = BigDecimal.ZERO;
    BigDecimal day = BigDecimal.ZERO;
    int days = 0;
    for (int at = 0; at < cost.length; at++) {
      BigDecimal difference = cost[at].subtract(profile[at % profile.length]);
      hourly = hourly.add(difference.multiply(difference, PRECISION), PRECISION);
      day = day.add(difference);
      if ((at + 1) % DAY == 0) {
        daily = daily.add(day.multiply(day, PRECISION), PRECISION);
        day = BigDecimal.ZERO;
        days++;
      }
    }
    BigDecimal byHour = hourly.divide(BigDecimal.valueOf(cost.length), PRECISION);
    return days < 7
        ? byHour
        : byHour.max(daily.divide(BigDecimal.valueOf((long) days * DAY), PRECISION));
  }

  private static long nanos(BigDecimal amount) {
    return amount.min(MOST).setScale(0, RoundingMode.HALF_EVEN).longValueExact();
  }
}
