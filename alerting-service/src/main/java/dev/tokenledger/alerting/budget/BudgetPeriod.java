package dev.tokenledger.alerting.budget;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;

/**
 * A budget's period at some moment.
 *
 * @param start inclusive
 * @param end exclusive; of a rolling period, the end of today
 */
public record BudgetPeriod(Instant start, Instant end) {

  /** How periods follow each other. */
  public enum Kind {
    HOURLY,
    DAILY,
    WEEKLY,
    MONTHLY,
    ROLLING
  }

  /**
   * The period that holds a moment. Days, weeks (from Monday) and months begin at local midnight,
   * or at the first moment of the day where a change of clocks skips midnight.
   *
   * @param rollingDays days of a rolling period, today among them; its start moves on at midnight
   */
  public static BudgetPeriod at(Kind kind, int rollingDays, ZoneId zone, Instant now) {
    ZonedDateTime local = now.atZone(zone);
    LocalDate today = local.toLocalDate();
    return switch (kind) {
      case HOURLY -> {
        // An instant's hour: truncating local time would be wrong when an hour comes twice.
        Instant start =
            now.minusSeconds(local.getMinute() * 60L + local.getSecond())
                .truncatedTo(ChronoUnit.SECONDS);
        yield new BudgetPeriod(start, start.plus(1, ChronoUnit.HOURS));
      }
      case DAILY -> days(today, today.plusDays(1), zone);
      case WEEKLY -> {
        LocalDate monday = today.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
        yield days(monday, monday.plusWeeks(1), zone);
      }
      case MONTHLY -> days(today.withDayOfMonth(1), today.withDayOfMonth(1).plusMonths(1), zone);
      case ROLLING -> days(today.minusDays(rollingDays - 1L), today.plusDays(1), zone);
    };
  }

  private static BudgetPeriod days(LocalDate first, LocalDate next, ZoneId zone) {
    return new BudgetPeriod(
        first.atStartOfDay(zone).toInstant(), next.atStartOfDay(zone).toInstant());
  }
}
