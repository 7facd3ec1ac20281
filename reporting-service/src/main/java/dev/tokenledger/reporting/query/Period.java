package dev.tokenledger.reporting.query;

import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of time that is asked about.
 *
 * @param end exclusive
 * @param zone in which days, weeks and months are meant
 */
public record Period(Instant start, Instant end, ZoneId zone) {
  private static final Map<String, Duration> NAMED =
      Map.of(
          "1h", Duration.ofHours(1),
          "6h", Duration.ofHours(6),
          "24h", Duration.ofHours(24),
          "7d", Duration.ofDays(7),
          "30d", Duration.ofDays(30),
          "90d", Duration.ofDays(90));
  private static final Duration LONGEST = Duration.ofDays(5 * 366);

  /**
   * Reads a period as the API takes it: {@code period=24h}, or {@code start} and {@code end}.
   *
   * @throws ProblemException naming the parameter that is not valid
   */
  public static Period of(
      @Nullable String period,
      @Nullable String start,
      @Nullable String end,
      @Nullable String timezone,
      Instant now) {
    ZoneId zone = zone(timezone);
    if (start == null && end == null) {
      Duration length = NAMED.get(period == null ? "24h" : period);
      if (length == null) {
        throw invalid(
            "period", "'period' must be 1h, 6h, 24h, 7d, 30d or 90d; or send 'start' and 'end'.");
      }
      // Whole minutes: the answer is exact, and what happens in this minute is in it.
      Instant until = Grain.MINUTE.floor(now).plus(Grain.MINUTE.length());
      return new Period(until.minus(length), until, zone);
    }
    if (period != null) {
      throw invalid("period", "Send either 'period' or 'start' and 'end', not both.");
    }
    if (start == null) {
      throw invalid("start", "'start' is missing; it goes with 'end'.");
    }
    Instant from = time("start", start, zone);
    Instant until = end == null ? now : time("end", end, zone);
    if (!from.isBefore(until)) {
      throw invalid("end", "'end' must lie after 'start'.");
    }
    if (Duration.between(from, until).compareTo(LONGEST) > 0) {
      throw invalid("start", "A period has five years at most.");
    }
    return new Period(from, until, zone);
  }

  /** The period of the same length that ends where this one starts. */
  public Period previous() {
    return new Period(start.minus(Duration.between(start, end)), start, zone);
  }

  private static ZoneId zone(@Nullable String timezone) {
    if (timezone == null) {
      return ZoneId.of("UTC");
    }
    try {
      return ZoneId.of(timezone);
    } catch (DateTimeException e) {
      throw invalid("timezone", "'timezone' must be an IANA name, such as Europe/Berlin.");
    }
  }

  private static Instant time(String name, String text, ZoneId zone) {
    try {
      return text.length() == 10
          ? LocalDate.parse(text).atStartOfDay(zone).toInstant()
          : OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeException e) {
      throw invalid(
          name,
          "'" + name + "' must be RFC 3339 or a date, as 2026-11-20T00:00:00Z or 2026-11-20.");
    }
  }

  private static ProblemException invalid(String parameter, String detail) {
    return new ProblemException(ProblemCode.INVALID_PARAMETER, detail).with("parameter", parameter);
  }
}
