package dev.tokenledger.platform.query;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;

/**
 * Since when the ledger keeps buckets of a minute: older ones are dropped, and what only they would
 * tell is read from the events. Read in a question's snapshot, so that no bucket is dropped
 * between. Thread-safe.
 */
final class MinuteHorizon {
  private static final String EXISTS = "SELECT to_regclass('ledger.minute_horizon') IS NOT NULL";
  private static final String READ = "SELECT minutes_from FROM ledger.minute_horizon";

  /** Whether the table has been seen: a ledger of an earlier version has none yet. */
  private volatile boolean exists;

  /** The start of the first minute that is kept; {@link Instant#MIN} while all of them are. */
  Instant read(Connection connection) throws SQLException {
    if (!exists) {
      try (PreparedStatement select = connection.prepareStatement(EXISTS);
          ResultSet row = select.executeQuery()) {
        row.next();
        exists = row.getBoolean(1);
      }
    }
    if (!exists) {
      return Instant.MIN;
    }
    try (PreparedStatement select = connection.prepareStatement(READ);
        ResultSet row = select.executeQuery()) {
      OffsetDateTime from = row.next() ? row.getObject(1, OffsetDateTime.class) : null;
      return from == null || from.equals(OffsetDateTime.MIN) ? Instant.MIN : from.toInstant();
    }
  }
}
