package dev.tokenledger.platform.query;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.model.rollup.Grain;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GranularityTest {
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");

  /** A rollup bucket may only be used where it lies within one bucket of the answer. */
  @ParameterizedTest
  @CsvSource({
    "NONE,   Asia/Kathmandu, 2026-03-01, 2026-04-01, DAY",
    "MINUTE, UTC,            2026-03-01, 2026-03-02, MINUTE",
    "HOUR,   UTC,            2026-03-01, 2026-04-01, HOUR",
    "DAY,    UTC,            2026-03-01, 2026-04-01, DAY",
    "MONTH,  UTC,            2026-03-01, 2026-04-01, DAY",
    "DAY,    Europe/Berlin,  2026-03-01, 2026-04-01, HOUR",
    "WEEK,   Europe/Berlin,  2026-03-01, 2026-04-01, HOUR",
    "DAY,    Asia/Kathmandu, 2026-03-01, 2026-04-01, MINUTE",
    "HOUR,   Asia/Kathmandu, 2026-03-01, 2026-04-01, MINUTE",
    // London is UTC in winter, and is not from the end of March.
    "DAY,    Europe/London,  2026-01-01, 2026-03-01, DAY",
    "DAY,    Europe/London,  2026-01-01, 2026-04-01, HOUR",
    // Lord Howe moves its clock by half an hour; Sydney's hours are whole.
    "DAY,    Australia/Sydney,    2026-03-01, 2026-05-01, HOUR",
    "DAY,    Australia/Lord_Howe, 2026-03-01, 2026-05-01, MINUTE",
  })
  void takesTheLongestBucketsThatFit(
      Granularity granularity, String zone, String start, String end, Grain grain) {
    Period period = Period.of(null, start, end, zone, NOW);
    assertThat(granularity.coarsestGrain(period)).isEqualTo(grain);
  }

  /** The same position in two periods is the same day of the month or hour of the day in both. */
  @ParameterizedTest
  @CsvSource({
    "DAY,   Europe/Berlin, 2026-03-01, 2026-04-01, 2026-03-29T22:00:00Z, 29",
    "DAY,   Europe/Berlin, 2026-02-01, 2026-03-01, 2026-02-01T23:00:00Z, 1",
    "HOUR,  UTC,           2026-03-01, 2026-03-02, 2026-03-01T13:00:00Z, 13",
    "WEEK,  UTC,           2026-03-04, 2026-04-01, 2026-03-09T00:00:00Z, 1",
    "MONTH, Europe/Berlin, 2026-01-15, 2026-06-15, 2026-03-31T22:00:00Z, 3",
    "NONE,  UTC,           2026-01-15, 2026-06-15, 2026-01-15T00:00:00Z, 0",
  })
  void countsBucketsFromTheBeginning(
      Granularity granularity,
      String zone,
      String start,
      String end,
      Instant bucket,
      long position) {
    Period period = Period.of(null, start, end, zone, NOW);
    assertThat(granularity.position(period, bucket)).isEqualTo(position);
  }
}
