package dev.tokenledger.reporting.overview;

import dev.tokenledger.model.money.Money;
import dev.tokenledger.platform.query.Period;
import dev.tokenledger.platform.query.QueryService;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where the month's cost is heading: what was spent so far, and for the rest of the month the mean
 * of the last complete days (28 at most). The interval takes days as independent: 1.28 standard
 * deviations of a day, times the root of the days that are left, which holds the outcome four times
 * in five where days are alike.
 */
final class Projection {
  private static final int HISTORY_DAYS = 28;

  /** Fewer complete days say nothing about how much days differ. */
  private static final int MIN_DAYS = 3;

  private static final BigDecimal EIGHTY_PERCENT = new BigDecimal("1.2816");

  private final QueryService queries;

  Projection(QueryService queries) {
    this.queries = queries;
  }

  /**
   * @param monthEnd end of the month in the asker's time zone
   * @param monthToDateUsd spent since the month began
   * @param costUsd expected at the month's end; null until there is a complete day to go by
   * @param lowUsd lower bound of the interval, null without enough days
   * @param highUsd upper bound of the interval, null without enough days
   * @param basedOnDays complete days that the expectation goes by
   */
  record Projected(
      Instant monthEnd,
      String monthToDateUsd,
      @Nullable String costUsd,
      @Nullable String lowUsd,
      @Nullable String highUsd,
      int basedOnDays) {}

  Projected of(int tenantId, ZoneId zone, Map<String, List<String>> filters, Instant now) {
    ZonedDateTime local = now.atZone(zone);
    Instant today = local.toLocalDate().atStartOfDay(zone).toInstant();
    Instant monthStart = local.toLocalDate().withDayOfMonth(1).atStartOfDay(zone).toInstant();
    Instant monthEnd =
        local.toLocalDate().withDayOfMonth(1).plusMonths(1).atStartOfDay(zone).toInstant();
    Instant historyStart =
        local.toLocalDate().minusDays(HISTORY_DAYS).atStartOfDay(zone).toInstant();
    Instant from = historyStart.isBefore(monthStart) ? historyStart : monthStart;
    TreeMap<Instant, Long> days =
        new TreeMap<>(
            queries.dailyCost(tenantId, new Period(from, now.plusSeconds(60), zone), filters));
    long spent = days.tailMap(monthStart, true).values().stream().reduce(0L, Math::addExact);
    // Days before the first event are no days of spending nothing.
    Collection<Long> complete = days.headMap(today, false).values();
    String soFar = Money.ofNanos(spent).toUsd();
    if (complete.isEmpty()) {
      return new Projected(monthEnd, soFar, null, null, null, 0);
    }
    BigDecimal mean =
        BigDecimal.valueOf(complete.stream().reduce(0L, Math::addExact))
            .divide(BigDecimal.valueOf(complete.size()), 0, RoundingMode.HALF_UP);
    BigDecimal daysLeft =
        BigDecimal.valueOf(Duration.between(now, monthEnd).toSeconds())
            .divide(BigDecimal.valueOf(86_400), 9, RoundingMode.HALF_UP);
    BigDecimal expected = BigDecimal.valueOf(spent).add(mean.multiply(daysLeft));
    if (complete.size() < MIN_DAYS) {
      return new Projected(monthEnd, soFar, usd(expected), null, null, complete.size());
    }
    BigDecimal margin =
        EIGHTY_PERCENT
            .multiply(root(variance(complete, mean)))
            .multiply(root(daysLeft.movePointRight(18)).movePointLeft(9));
    BigDecimal low = expected.subtract(margin).max(BigDecimal.valueOf(spent));
    return new Projected(
        monthEnd, soFar, usd(expected), usd(low), usd(expected.add(margin)), complete.size());
  }

  private static BigDecimal variance(Collection<Long> days, BigDecimal mean) {
    BigDecimal sum = BigDecimal.ZERO;
    for (long day : days) {
      BigDecimal difference = BigDecimal.valueOf(day).subtract(mean);
      sum = sum.add(difference.multiply(difference));
    }
    return sum.divide(BigDecimal.valueOf(days.size() - 1L), 0, RoundingMode.HALF_UP);
  }

  /** The root of a whole number, rounded down; amounts are nano-dollars, so nothing is lost. */
  private static BigDecimal root(BigDecimal value) {
    return new BigDecimal(
        value.setScale(0, RoundingMode.HALF_UP).toBigInteger().max(BigInteger.ZERO).sqrt());
  }

  private static String usd(BigDecimal nanos) {
    return Money.ofNanos(nanos.setScale(0, RoundingMode.HALF_UP).longValueExact()).toUsd();
  }
}
