package dev.tokenledger.ingest.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.DateTimeException;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventTimeTest {
  @ParameterizedTest
  @CsvSource({
    "2026-11-20T10:00:00Z, 2026-11-20T10:00:00Z",
    "2026-11-20T10:00:00.5Z, 2026-11-20T10:00:00.5Z",
    "2026-11-20T10:00:00.123456789Z, 2026-11-20T10:00:00.123456789Z",
    "2026-11-20T10:00:00.1234567891234567Z, 2026-11-20T10:00:00.123456789Z",
    "2026-11-20T10:00:00.9999999999Z, 2026-11-20T10:00:00.999999999Z",
    "2026-11-20t10:00:00z, 2026-11-20T10:00:00Z",
    "2026-11-20 10:00:00Z, 2026-11-20T10:00:00Z",
    "2026-11-20T10:00:00+05:30, 2026-11-20T04:30:00Z",
    "2026-11-20T10:00:00.25-00:00, 2026-11-20T10:00:00.25Z",
    "2026-11-20T10:00:00-23:59, 2026-11-21T09:59:00Z",
    "2026-12-31T23:59:60Z, 2026-12-31T23:59:59.999999999Z",
    "2027-01-01T00:59:60.7+01:00, 2026-12-31T23:59:59.999999999Z",
    "2026-11-20T10:00Z, 2026-11-20T10:00:00Z",
  })
  void aTimeIsTakenAsRfc3339HasIt(String text, Instant time) {
    assertThat(EventTime.parse(text)).isEqualTo(time);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "yesterday",
        "2026-11-20",
        "2026-11-20T10:00:00",
        "2026-11-20T10:00:61Z",
        "2026-11-20T24:00:00Z",
        "2026-02-29T10:00:00Z",
        "2026-13-01T10:00:00Z",
        "2026-11-20T10:00:00,5Z",
        "2026-11-20T10:00:00+5",
        "2026-11-20T10:00:00+24:00",
        "2026-11-20T10:00:00 +01:00",
        "+1000000000-12-31T23:59:59Z",
        "2026-11-20T10:00:00.5\u0000Z"
      })
  void whatIsNoTimeIsRefused(String text) {
    assertThatThrownBy(() -> EventTime.parse(text)).isInstanceOf(DateTimeException.class);
  }
}
