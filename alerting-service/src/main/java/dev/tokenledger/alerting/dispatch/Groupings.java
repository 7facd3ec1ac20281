package dev.tokenledger.alerting.dispatch;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;

/** The table of grouping settings, within the caller's transaction. */
final class Groupings {
  private Groupings() {}

  static Grouping of(Connection connection, int tenantId) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT group_by, group_wait_ms, group_interval_ms, repeat_interval_ms"
                + " FROM alerting.grouping WHERE tenant_id = ?")) {
      select.setInt(1, tenantId);
      try (ResultSet row = select.executeQuery()) {
        return row.next()
            ? new Grouping(
                Arrays.asList((String[]) row.getArray(1).getArray()),
                Duration.ofMillis(row.getLong(2)),
                Duration.ofMillis(row.getLong(3)),
                Duration.ofMillis(row.getLong(4)))
            : Grouping.NONE;
      }
    }
  }

  /** Sets a tenant's grouping, also for what waits already. */
  static void set(Connection connection, int tenantId, Grouping grouping, String actor, Instant now)
      throws SQLException {
    try (PreparedStatement upsert =
        connection.prepareStatement(
            "INSERT INTO alerting.grouping (tenant_id, group_by, group_wait_ms, group_interval_ms,"
                + " repeat_interval_ms, updated_by, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
                + " ON CONFLICT (tenant_id) DO UPDATE SET group_by = excluded.group_by,"
                + " group_wait_ms = excluded.group_wait_ms,"
                + " group_interval_ms = excluded.group_interval_ms,"
                + " repeat_interval_ms = excluded.repeat_interval_ms,"
                + " updated_by = excluded.updated_by, updated_at = excluded.updated_at")) {
      upsert.setInt(1, tenantId);
      upsert.setArray(2, connection.createArrayOf("text", grouping.by().toArray()));
      upsert.setLong(3, grouping.groupWait().toMillis());
      upsert.setLong(4, grouping.groupInterval().toMillis());
      upsert.setLong(5, grouping.repeatInterval().toMillis());
      upsert.setString(6, actor);
      upsert.setTimestamp(7, Timestamp.from(now));
      upsert.executeUpdate();
    }
    // Rows that a dispatcher works on just now are left to it, so that neither waits for the other;
    // those keep the time that the settings before have given them.
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.untold SET due_at = ? WHERE (entry_id, channel_id) IN"
                + " (SELECT entry_id, channel_id FROM alerting.untold WHERE tenant_id = ?"
                + " AND due_at > ? FOR UPDATE SKIP LOCKED)")) {
      update.setTimestamp(1, Timestamp.from(now));
      update.setInt(2, tenantId);
      update.setTimestamp(3, Timestamp.from(now));
      update.executeUpdate();
    }
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.told SET remind_at = CASE WHEN ? > 0"
                + " THEN told_at + ? * interval '1 millisecond' END"
                + " WHERE (incident_id, channel_id) IN"
                + " (SELECT incident_id, channel_id FROM alerting.told WHERE tenant_id = ?"
                + " FOR UPDATE SKIP LOCKED)")) {
      update.setLong(1, grouping.repeatInterval().toMillis());
      update.setLong(2, grouping.repeatInterval().toMillis());
      update.setInt(3, tenantId);
      update.executeUpdate();
    }
  }
}
