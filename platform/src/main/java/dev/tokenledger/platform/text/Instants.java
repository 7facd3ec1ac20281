package dev.tokenledger.platform.text;

import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneId;

/**
 * Times as requests bring them: RFC 3339, within the years in which the ledger counts. Java's own
 * times go a billion years further than a store's.
 */
public final class Instants {
  /** Inclusive. */
  public static final Instant FIRST = Instant.parse("1970-01-01T00:00:00Z");

  /** Exclusive. */
  public static final Instant LAST = Instant.parse("2200-01-01T00:00:00Z");

  private Instants() {}

  /**
   * Reads a time, or a date, which is its beginning in a time zone.
   *
   * @throws DateTimeException if it is neither, or outside of the years in which the ledger counts
   */
  public static Instant parse(String text, ZoneId zone) {
    return bounded(
        text.length() == "2026-11-20".length()
            ? LocalDate.parse(text).atStartOfDay(zone).toInstant()
            : OffsetDateTime.parse(text).toInstant());
  }

  /**
   * Reads the field of a body.
   *
   * @throws ProblemException {@link ProblemCode#INVALID_FIELD} with the field's name
   */
  public static Instant field(String name, String text) {
    try {
      return bounded(OffsetDateTime.parse(text).toInstant());
    } catch (DateTimeException e) {
      throw ProblemException.invalidField(name, refusal(name));
    }
  }

  /**
   * The same time, if it is one that the ledger counts in.
   *
   * @throws DateTimeException if it is not
   */
  public static Instant bounded(Instant time) {
    if (time.isBefore(FIRST) || !time.isBefore(LAST)) {
      throw new DateTimeException("outside of the years 1970 to 2199");
    }
    return time;
  }

  /** What is said of a field that is no such time. */
  public static String refusal(String name) {
    return "'"
        + name
        + "' must be RFC 3339, as 2027-01-01T00:00:00Z, and between the years 1970 and 2199.";
  }
}
