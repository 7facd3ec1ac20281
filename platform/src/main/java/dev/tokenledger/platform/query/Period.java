package dev.tokenledger.platform.query;

import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import dev.tokenledger.platform.time.SupportedTimes;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
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

  /**
   * Names that Java and Postgres both know. Bare offsets are not among them: Postgres reads their
   * sign the other way round.
   */
  private static final Set<String> ZONES =
      ZoneId.getAvailableZoneIds().stream()
          .filter(name -> !name.startsWith("SystemV/"))
          .collect(Collectors.toUnmodifiableSet());

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

  /**
   * The period before that ends where this one starts: as many months for whole months, as many
   * days for whole days, in the period's time zone, so that a change of the clock does not shift
   * it; else the same length of time.
   */
  public Period previous() {
    ZonedDateTime from = start.atZone(zone);
    ZonedDateTime until = end.atZone(zone);
    if (isStartOfDay(from) && isStartOfDay(until)) {
      boolean months = from.getDayOfMonth() == 1 && until.getDayOfMonth() == 1;
      LocalDate day = from.toLocalDate();
      LocalDate before =
          months
              ? day.minusMonths(ChronoUnit.MONTHS.between(day, until.toLocalDate()))
              : day.minusDays(ChronoUnit.DAYS.between(day, until.toLocalDate()));
      return new Period(before.atStartOfDay(zone).toInstant(), start, zone);
    }
    return new Period(start.minus(Duration.between(start, end)), start, zone);
  }

  private static boolean isStartOfDay(ZonedDateTime time) {
    return time.equals(time.toLocalDate().atStartOfDay(time.getZone()));
  }

  /** The zone's name, which Postgres knows as well. */
  String zoneName() {
    return zone.getId();
  }

  private static ZoneId zone(@Nullable String timezone) {
    if (timezone == null) {
      return ZoneId.of("UTC");
    }
    if (!ZONES.contains(timezone)) {
      throw invalid("timezone", "'timezone' must be an IANA name, such as Europe/Berlin.");
    }
    return ZoneId.of(timezone);
  }

  private static Instant time(String name, String text, ZoneId zone) {
    try {
      Instant time =
          text.length() == 10
              ? LocalDate.parse(text).atStartOfDay(zone).toInstant()
              : OffsetDateTime.parse(text).toInstant();
      if (!SupportedTimes.contains(time)) {
        throw invalid(name, "'" + name + "' must lie between the years 1900 and 9999.");
      }
      return time;
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
