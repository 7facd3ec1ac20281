package dev.tokenledger.alerting.budget;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;
import java.time.zone.ZoneOffsetTransition;
import java.util.Locale;

/**
 * How a budget's periods follow each other.
 *
 * @param zone in which hours, days, weeks and months are meant
 * @param weekStart first day of a week
 * @param monthStart first day of a month, from 1 to 31; of months that are shorter, the last day
 * @param rollingDays days of a rolling period, today among them; 0 for the others
 */
public record PeriodRule(
    Kind kind, ZoneId zone, DayOfWeek weekStart, int monthStart, int rollingDays) {

  /** The lengths of periods. */
  public enum Kind {
    HOURLY,
    DAILY,
    WEEKLY,
    MONTHLY,
    ROLLING;

    /** As the API and the database have it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public PeriodRule {
    if (monthStart < 1 || monthStart > 31) {
      throw new IllegalArgumentException("no month begins on day " + monthStart);
    }
  }

  public boolean isRolling() {
    return kind == Kind.ROLLING;
  }

  /**
   * The period that holds a moment. Days, weeks and months begin at local midnight, or at the first
   * moment of the day where a change of clocks skips midnight. A rolling period's start moves on at
   * midnight.
   */
  public BudgetPeriod at(Instant now) {
    ZonedDateTime local = now.atZone(zone);
    LocalDate today = local.toLocalDate();
    return switch (kind) {
      case HOURLY -> {
        // An instant's hour: truncating local time would be wrong when an hour comes twice.
        Instant start =
            now.minusSeconds(local.getMinute() * 60L + local.getSecond())
                .truncatedTo(ChronoUnit.SECONDS);
        yield withinClock(now, start, start.plus(1, ChronoUnit.HOURS));
      }
      case DAILY -> days(today, today.plusDays(1));
      case WEEKLY -> {
        LocalDate first = today.with(TemporalAdjusters.previousOrSame(weekStart));
        yield days(first, first.plusWeeks(1));
      }
      case MONTHLY -> {
        YearMonth month = YearMonth.from(today);
        if (today.isBefore(firstDay(month))) {
          month = month.minusMonths(1);
        }
        yield days(firstDay(month), firstDay(month.plusMonths(1)));
      }
      case ROLLING -> days(today.minusDays(rollingDays - 1L), today.plusDays(1));
    };
  }

  /** Where the clock is moved by half an hour, the hours before and after it are cut short. */
  private BudgetPeriod withinClock(Instant now, Instant start, Instant end) {
    ZoneOffsetTransition last = zone.getRules().previousTransition(now.plusNanos(1));
    ZoneOffsetTransition next = zone.getRules().nextTransition(now);
    return new BudgetPeriod(
        last != null && last.getInstant().isAfter(start) ? last.getInstant() : start,
        next != null && next.getInstant().isBefore(end) ? next.getInstant() : end);
  }

  private LocalDate firstDay(YearMonth month) {
    return month.atDay(Math.min(monthStart, month.lengthOfMonth()));
  }

  private BudgetPeriod days(LocalDate first, LocalDate next) {
    return new BudgetPeriod(
        first.atStartOfDay(zone).toInstant(), next.atStartOfDay(zone).toInstant());
  }
}
