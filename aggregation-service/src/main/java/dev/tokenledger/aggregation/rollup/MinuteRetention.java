package dev.tokenledger.aggregation.rollup;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jboss.logging.Logger;

/**
 * Keeps sums by minute for some days alone: of older time hours are asked for, and the edges of a
 * period within an hour are read from its events. A day of minutes is given up as a whole: first
 * readers are pointed elsewhere, then its partitions are removed. Stateless, thread-safe.
 */
public final class MinuteRetention {
  private static final Logger LOG = Logger.getLogger(MinuteRetention.class);

  /** How often it is looked whether a day has passed. */
  public static final Duration LOOK_EVERY = Duration.ofMinutes(1);

  private final Duration kept;
  private final Clock clock;

  public MinuteRetention(Duration kept, Clock clock) {
    this.kept = kept;
    this.clock = clock;
  }

  /** The start of the first day whose minutes are kept. */
  static Instant minutesFrom(Connection connection) throws SQLException {
    try (PreparedStatement select =
            connection.prepareStatement("SELECT minutes_from FROM ledger.minute_horizon");
        ResultSet row = select.executeQuery()) {
      return row.next() ? row.getTimestamp(1).toInstant() : Instant.EPOCH;
    }
  }

  /** Gives up the days whose time has passed, and commits. */
  public void look(Connection connection) throws SQLException {
    Instant from = clock.instant().minus(kept).truncatedTo(ChronoUnit.DAYS);
    try (PreparedStatement move =
        connection.prepareStatement(
            """
            INSERT INTO ledger.minute_horizon AS h (minutes_from) VALUES (?)
            ON CONFLICT (only_row) DO UPDATE SET minutes_from = excluded.minutes_from
            WHERE h.minutes_from < excluded.minutes_from
            """)) {
      move.setTimestamp(1, Timestamp.from(from));
      if (move.executeUpdate() > 0) {
        LOG.infof("sums by minute are kept from %s on", from);
      }
    }
    connection.commit();
    try (PreparedStatement drop = connection.prepareStatement("SELECT ledger.drop_old_minutes()");
        ResultSet row = drop.executeQuery()) {
      row.next();
    }
    connection.commit();
  }
}
