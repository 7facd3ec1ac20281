package dev.tokenledger.alerting.explanation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WindowTest {
  @ParameterizedTest
  @CsvSource({
    // end, zone, step, steps, end of the earlier window
    "2026-11-20T14:05:00Z, UTC, PREVIOUS, 1, 2026-11-20T13:05:00Z",
    "2026-11-20T14:05:00Z, UTC, PREVIOUS, 3, 2026-11-20T11:05:00Z",
    "2026-11-20T14:05:00Z, UTC, DAY, 1, 2026-11-19T14:05:00Z",
    "2026-11-20T14:05:00Z, UTC, WEEK, 2, 2026-11-06T14:05:00Z",
    // Clocks went back in the night of the 25th of October: the same time is 25 hours ago.
    "2026-10-25T12:00:00Z, Europe/Berlin, DAY, 1, 2026-10-24T11:00:00Z",
    "2026-10-25T12:00:00Z, Europe/Berlin, WEEK, 1, 2026-10-18T11:00:00Z",
    // They went forward in the night of the 29th of March: 23 hours.
    "2026-03-29T12:00:00Z, Europe/Berlin, DAY, 1, 2026-03-28T13:00:00Z",
    // 02:30 of the 29th of March was never: the time after the gap, 03:30, is taken.
    "2026-03-30T00:30:00Z, Europe/Berlin, DAY, 1, 2026-03-29T01:30:00Z",
    // 02:30 of the 25th of October was twice: the one of the same offset is taken.
    "2026-10-26T01:30:00Z, Europe/Berlin, DAY, 1, 2026-10-25T01:30:00Z",
  })
  void earlierWindowsEndAtTheSameLocalTime(
      Instant end, String zone, Window.Step step, int steps, Instant earlierEnd) {
    Window window = Window.endingAt(end, Duration.ofHours(1));
    Window earlier = window.earlier(step, steps, ZoneId.of(zone));
    assertThat(earlier.end()).isEqualTo(earlierEnd);
    assertThat(earlier.length()).as("so that sums can be compared").isEqualTo(window.length());
  }

  @Test
  void aWindowIsNotEmpty() {
    assertThatThrownBy(() -> new Window(Instant.EPOCH, Instant.EPOCH))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
