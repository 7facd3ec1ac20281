package dev.tokenledger.platform.time;

import java.time.Instant;

/**
 * The moments that a request may name: all that events have happened at or will, well within what
 * Java and Postgres can both hold and reckon with.
 */
public final class SupportedTimes {
  public static final Instant EARLIEST = Instant.parse("1900-01-01T00:00:00Z");
  public static final Instant LATEST = Instant.parse("9999-12-31T00:00:00Z");

  private SupportedTimes() {}

  public static boolean contains(Instant time) {
    return !time.isBefore(EARLIEST) && !time.isAfter(LATEST);
  }
}
