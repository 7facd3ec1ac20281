package dev.tokenledger.platform.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tokenledger.platform.problem.ProblemException;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeriodTest {
  private static final Instant NOW = Instant.parse("2026-11-20T10:17:42.5Z");

  @Test
  void aNamedPeriodEndsWithTheMinuteThatRuns() {
    Period period = Period.of("24h", null, null, null, NOW);
    assertThat(period.end()).isEqualTo(Instant.parse("2026-11-20T10:18:00Z"));
    assertThat(Duration.between(period.start(), period.end())).isEqualTo(Duration.ofHours(24));
  }

  @Test
  void datesAreDaysInTheTimeZone() {
    Period period = Period.of(null, "2026-03-29", "2026-03-30", "Europe/Berlin", NOW);
    assertThat(period.start()).isEqualTo(Instant.parse("2026-03-28T23:00:00Z"));
    assertThat(Duration.between(period.start(), period.end()))
        .as("the day on which the clock goes forward")
        .isEqualTo(Duration.ofHours(23));
  }

  @ParameterizedTest
  @CsvSource({
    // Whole months, however long they are.
    "2026-03-01, 2026-04-01, Europe/Berlin, 2026-01-31T23:00:00Z",
    "2026-03-01, 2026-05-01, UTC,           2026-01-01T00:00:00Z",
    // The week with the change of the clock, and the one before it.
    "2026-03-23, 2026-03-30, Europe/Berlin, 2026-03-15T23:00:00Z",
    "2026-03-30, 2026-04-06, Europe/Berlin, 2026-03-22T23:00:00Z",
    // Any other stretch: the same length of time.
    "2026-03-29T00:00:00Z, 2026-03-29T06:30:00Z, Europe/Berlin, 2026-03-28T17:30:00Z",
  })
  void thePeriodBeforeFollowsTheCalendar(String start, String end, String zone, Instant before) {
    Period period = Period.of(null, start, end, zone, NOW);
    assertThat(period.previous().start()).isEqualTo(before);
    assertThat(period.previous().end()).isEqualTo(period.start());
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "2d,  -,          -,          -,             period",
        "24h, 2026-11-01, -,          -,             period",
        "-,   -,          2026-11-01, -,             start",
        "-,   yesterday,  2026-11-01, -,             start",
        "-,   2026-11-01, 2026-11-31, -,             end",
        "-,   2026-11-02, 2026-11-02, -,             end",
        "-,   2026-11-02, 2026-11-01, -,             end",
        "-,   2001-01-01, 2026-11-01, -,             start",
        "24h, -,          -,          Mars/Olympus,  timezone",
        "24h, -,          -,          +02:00,        timezone",
        "24h, -,          -,          SystemV/PST8,  timezone",
      })
  void whatMakesNoPeriodNamesItsParameter(
      @Nullable String period,
      @Nullable String start,
      @Nullable String end,
      @Nullable String timezone,
      String parameter) {
    assertThatThrownBy(() -> Period.of(period, start, end, timezone, NOW))
        .isInstanceOfSatisfying(
            ProblemException.class,
            problem -> assertThat(problem.extensions()).containsEntry("parameter", parameter));
  }
}
