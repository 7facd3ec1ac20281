package dev.tokenledger.alerting.budget;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeriodRuleTest {
  private static BudgetPeriod at(PeriodRule.Kind kind, int rollingDays, ZoneId zone, Instant now) {
    return new PeriodRule(kind, zone, DayOfWeek.MONDAY, 1, rollingDays).at(now);
  }

  @ParameterizedTest
  @CsvSource({
    // kind, zone, now, start, end
    "HOURLY, UTC, 2026-11-20T10:59:59.999Z, 2026-11-20T10:00:00Z, 2026-11-20T11:00:00Z",
    "HOURLY, Asia/Kathmandu, 2026-11-20T10:10:00Z, 2026-11-20T09:15:00Z, 2026-11-20T10:15:00Z",
    "DAILY, UTC, 2026-11-20T00:00:00Z, 2026-11-20T00:00:00Z, 2026-11-21T00:00:00Z",
    "DAILY, Europe/Berlin, 2026-11-20T22:59:59Z, 2026-11-19T23:00:00Z, 2026-11-20T23:00:00Z",
    "DAILY, Europe/Berlin, 2026-11-20T23:00:00Z, 2026-11-20T23:00:00Z, 2026-11-21T23:00:00Z",
    "DAILY, Europe/Berlin, 2026-03-29T12:00:00Z, 2026-03-28T23:00:00Z, 2026-03-29T22:00:00Z",
    "DAILY, Europe/Berlin, 2026-10-25T12:00:00Z, 2026-10-24T22:00:00Z, 2026-10-25T23:00:00Z",
    "WEEKLY, UTC, 2026-11-20T12:00:00Z, 2026-11-16T00:00:00Z, 2026-11-23T00:00:00Z",
    "WEEKLY, UTC, 2026-11-22T23:59:59Z, 2026-11-16T00:00:00Z, 2026-11-23T00:00:00Z",
    "WEEKLY, UTC, 2026-11-23T00:00:00Z, 2026-11-23T00:00:00Z, 2026-11-30T00:00:00Z",
    "MONTHLY, UTC, 2026-12-31T23:59:59Z, 2026-12-01T00:00:00Z, 2027-01-01T00:00:00Z",
    "MONTHLY, UTC, 2028-02-29T12:00:00Z, 2028-02-01T00:00:00Z, 2028-03-01T00:00:00Z",
    "MONTHLY, America/New_York, 2026-12-01T04:59:59Z, 2026-11-01T04:00:00Z, 2026-12-01T05:00:00Z"
  })
  void periodsBeginAndEndWhereTheLocalClockSaysSo(
      PeriodRule.Kind kind, String zone, Instant now, Instant start, Instant end) {
    assertThat(at(kind, 0, ZoneId.of(zone), now)).isEqualTo(new BudgetPeriod(start, end));
  }

  @Test
  void anHourThatComesTwiceIsTwoPeriods() {
    ZoneId berlin = ZoneId.of("Europe/Berlin");
    BudgetPeriod first =
        at(PeriodRule.Kind.HOURLY, 0, berlin, Instant.parse("2026-10-25T00:30:00Z"));
    BudgetPeriod second =
        at(PeriodRule.Kind.HOURLY, 0, berlin, Instant.parse("2026-10-25T01:30:00Z"));
    assertThat(first.end()).isEqualTo(second.start());
    assertThat(Duration.between(first.start(), first.end())).isEqualTo(Duration.ofHours(1));
  }

  @Test
  void aDayWithoutMidnightBeginsWithItsFirstMoment() {
    // Clocks in Beirut went from 23:59:59 to 01:00 on the 29th of March 2026.
    BudgetPeriod day =
        at(
            PeriodRule.Kind.DAILY,
            0,
            ZoneId.of("Asia/Beirut"),
            Instant.parse("2026-03-29T10:00:00Z"));
    assertThat(day.start()).isEqualTo(Instant.parse("2026-03-28T22:00:00Z"));
    assertThat(Duration.between(day.start(), day.end())).isEqualTo(Duration.ofHours(23));
  }

  @Test
  void aRollingPeriodEndsWithTodayAndHasItsDays() {
    BudgetPeriod rolling =
        at(PeriodRule.Kind.ROLLING, 30, ZoneId.of("UTC"), Instant.parse("2026-11-20T12:00:00Z"));
    assertThat(rolling.start()).isEqualTo(Instant.parse("2026-10-22T00:00:00Z"));
    assertThat(rolling.end()).isEqualTo(Instant.parse("2026-11-21T00:00:00Z"));
  }

  @ParameterizedTest
  @CsvSource({
    "2026-11-14T23:59:59Z, 2026-10-15T00:00:00Z, 2026-11-15T00:00:00Z",
    "2026-11-15T00:00:00Z, 2026-11-15T00:00:00Z, 2026-12-15T00:00:00Z",
    "2027-01-01T00:00:00Z, 2026-12-15T00:00:00Z, 2027-01-15T00:00:00Z"
  })
  void aMonthMayBeginOnAnotherDay(Instant now, Instant start, Instant end) {
    PeriodRule rule =
        new PeriodRule(PeriodRule.Kind.MONTHLY, ZoneId.of("UTC"), DayOfWeek.MONDAY, 15, 0);
    assertThat(rule.at(now)).isEqualTo(new BudgetPeriod(start, end));
  }

  @ParameterizedTest
  @CsvSource({
    "SUNDAY, 2026-11-21T12:00:00Z, 2026-11-15T00:00:00Z",
    "SATURDAY, 2026-11-21T12:00:00Z, 2026-11-21T00:00:00Z",
    "MONDAY, 2026-11-22T23:59:59Z, 2026-11-16T00:00:00Z"
  })
  void aWeekMayBeginOnAnotherDay(DayOfWeek first, Instant now, Instant start) {
    PeriodRule rule = new PeriodRule(PeriodRule.Kind.WEEKLY, ZoneId.of("UTC"), first, 1, 0);
    assertThat(rule.at(now).start()).isEqualTo(start);
    assertThat(rule.at(now).end()).isEqualTo(start.plus(Duration.ofDays(7)));
  }
}
