package dev.tokenledger.alerting.retention;

import dev.tokenledger.platform.database.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Deletes what has ended, of all tenants, in portions: each is a transaction of its own, and of
 * several processes one is at work at a time.
 */
final class EndedRows {
  private static final String LOCK = "SELECT pg_try_advisory_xact_lock(730585, 1)";

  /** An incident has up to some thousand entries in its history. */
  private static final int MAX_INCIDENTS = 100;

  private final Database database;

  /** Deliveries, or silences, that are deleted in one transaction. */
  private final int portion;

  EndedRows(Database database, int portion) {
    this.database = database;
    this.portion = portion;
  }

  /** Finds some of what can be deleted, locks it, and deletes it with what hangs on it. */
  private interface Portion {
    int delete(Connection connection) throws SQLException;
  }

  /**
   * Deletes deliveries that were delivered or given up before a moment, with their attempts. Those
   * of a condition that still has an incident are kept, since an Alertmanager is told its end by
   * what it was told before.
   *
   * @return how many; 0 when there are none or another process is at work
   */
  int deleteDeliveries(Instant before) {
    return delete(
        connection -> {
          List<UUID> ids =
              ids(
                  connection,
                  "SELECT delivery_id FROM alerting.deliveries d"
                      + " WHERE status <> 'pending' AND next_attempt_at < ?"
                      + " AND NOT EXISTS (SELECT 1 FROM alerting.incidents i"
                      + " WHERE i.tenant_id = d.tenant_id AND i.condition_key = d.dedupe_key"
                      + " AND i.ended_at IS NULL)"
                      + " ORDER BY next_attempt_at LIMIT ? FOR UPDATE SKIP LOCKED",
                  before,
                  portion);
          delete(
              connection,
              "DELETE FROM alerting.delivery_attempts WHERE delivery_id = ANY (?)",
              ids);
          return delete(
              connection, "DELETE FROM alerting.deliveries WHERE delivery_id = ANY (?)", ids);
        });
  }

  /**
   * Deletes incidents whose conditions ended before a moment, with their history; none of which
   * somebody is still to be told.
   *
   * @return how many; 0 when there are none or another process is at work
   */
  int deleteIncidents(Instant before) {
    return delete(
        connection -> {
          List<UUID> ids =
              ids(
                  connection,
                  "SELECT incident_id FROM alerting.incidents i"
                      + " WHERE ended_at < ? AND NOT EXISTS"
                      + " (SELECT 1 FROM alerting.untold u WHERE u.incident_id = i.incident_id)"
                      + " ORDER BY ended_at LIMIT ? FOR UPDATE SKIP LOCKED",
                  before,
                  Math.min(portion, MAX_INCIDENTS));
          delete(connection, "DELETE FROM alerting.told WHERE incident_id = ANY (?)", ids);
          delete(
              connection, "DELETE FROM alerting.incident_history WHERE incident_id = ANY (?)", ids);
          return delete(
              connection, "DELETE FROM alerting.incidents WHERE incident_id = ANY (?)", ids);
        });
  }

  /**
   * Deletes silences that ended before a moment.
   *
   * @return how many; 0 when there are none or another process is at work
   */
  int deleteSilences(Instant before) {
    return delete(
        connection ->
            delete(
                connection,
                "DELETE FROM alerting.silences WHERE silence_id = ANY (?)",
                ids(
                    connection,
                    "SELECT silence_id FROM alerting.silences WHERE ends_at < ?"
                        + " ORDER BY ends_at LIMIT ? FOR UPDATE SKIP LOCKED",
                    before,
                    portion)));
  }

  /** Deletes secrets that sign nothing any more; few channels have more than one. */
  int deleteFormerSecrets(Instant now) {
    return delete(
        connection -> {
          try (PreparedStatement delete =
              connection.prepareStatement(
                  "DELETE FROM alerting.former_secrets WHERE valid_until < ?")) {
            delete.setTimestamp(1, Timestamp.from(now));
            return delete.executeUpdate();
          }
        });
  }

  private int delete(Portion next) {
    return database.asService(connection -> isAlone(connection) ? next.delete(connection) : 0);
  }

  private static boolean isAlone(Connection connection) throws SQLException {
    try (PreparedStatement lock = connection.prepareStatement(LOCK);
        ResultSet row = lock.executeQuery()) {
      row.next();
      return row.getBoolean(1);
    }
  }

  private static List<UUID> ids(Connection connection, String sql, Instant before, int most)
      throws SQLException {
    List<UUID> ids = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setTimestamp(1, Timestamp.from(before));
      select.setInt(2, most);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          ids.add(row.getObject(1, UUID.class));
        }
      }
    }
    return ids;
  }

  private static int delete(Connection connection, String sql, List<UUID> ids) throws SQLException {
    try (PreparedStatement delete = connection.prepareStatement(sql)) {
      delete.setArray(1, connection.createArrayOf("uuid", ids.toArray()));
      return delete.executeUpdate();
    }
  }
}
