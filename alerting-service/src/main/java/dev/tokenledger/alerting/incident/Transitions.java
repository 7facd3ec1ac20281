package dev.tokenledger.alerting.incident;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.alerting.notification.Severity;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Writes what happened to incidents, and in the same transaction which channels are to be told of
 * it: what is committed is told, and nothing else is.
 */
final class Transitions {
  private final ObjectMapper json;

  Transitions(ObjectMapper json) {
    this.json = json;
  }

  /** Writes an entry of which nobody is told. */
  void note(Connection connection, Incident incident, HistoryEntry entry) throws SQLException {
    insert(connection, incident.tenantId(), incident.id(), entry, null);
  }

  /** Writes an entry of which channels are told. */
  void begin(
      Connection connection,
      UUID incidentId,
      Condition condition,
      HistoryEntry entry,
      Notification message)
      throws SQLException {
    long id = insert(connection, condition.tenantId(), incidentId, entry, message);
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO alerting.untold"
                + " (entry_id, channel_id, tenant_id, incident_id, created_at, due_at)"
                + " SELECT ?, channel_id, tenant_id, ?, ?, ? FROM alerting.channels"
                + " WHERE tenant_id = ? AND deleted_at IS NULL AND disabled_reason IS NULL"
                + " AND (? OR channel_id = ANY (?))")) {
      List<UUID> channels = condition.channels();
      insert.setLong(1, id);
      insert.setObject(2, incidentId);
      insert.setTimestamp(3, Timestamp.from(entry.at()));
      insert.setTimestamp(4, Timestamp.from(entry.at()));
      insert.setInt(5, condition.tenantId());
      insert.setBoolean(6, channels.isEmpty());
      insert.setArray(7, connection.createArrayOf("uuid", channels.toArray()));
      insert.executeUpdate();
    }
  }

  /** Writes the end, of which those are told who were told of the beginning, or are about to be. */
  void end(Connection connection, Incident incident, HistoryEntry entry, Notification message)
      throws SQLException {
    long id = insert(connection, incident.tenantId(), incident.id(), entry, message);
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO alerting.untold"
                + " (entry_id, channel_id, tenant_id, incident_id, created_at, due_at)"
                + " SELECT ?, channel_id, ?, ?, ?, ? FROM (SELECT channel_id FROM alerting.told"
                + " WHERE incident_id = ? UNION SELECT channel_id FROM alerting.untold"
                + " WHERE incident_id = ?) heard")) {
      insert.setLong(1, id);
      insert.setInt(2, incident.tenantId());
      insert.setObject(3, incident.id());
      insert.setTimestamp(4, Timestamp.from(entry.at()));
      insert.setTimestamp(5, Timestamp.from(entry.at()));
      insert.setObject(6, incident.id());
      insert.setObject(7, incident.id());
      insert.executeUpdate();
    }
  }

  private long insert(
      Connection connection,
      int tenantId,
      UUID incidentId,
      HistoryEntry entry,
      @Nullable Notification message)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO alerting.incident_history (tenant_id, incident_id, at, actor, event,"
                + " from_status, to_status, level, severity, comment, message)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING entry_id")) {
      insert.setInt(1, tenantId);
      insert.setObject(2, incidentId);
      insert.setTimestamp(3, Timestamp.from(entry.at()));
      insert.setString(4, entry.actor());
      insert.setString(5, entry.event().label());
      insert.setString(6, entry.from() == null ? null : entry.from().label());
      insert.setString(7, entry.to().label());
      insert.setInt(8, entry.level());
      insert.setString(9, entry.severity().label());
      insert.setString(10, entry.comment());
      insert.setString(11, message == null ? null : write(message));
      try (ResultSet row = insert.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  /** The highest severity with which an incident has opened, escalated or opened again. */
  Severity worst(Connection connection, Incident incident) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT DISTINCT severity FROM alerting.incident_history WHERE incident_id = ?"
                + " AND event IN ('opened', 'escalated', 'reopened')")) {
      select.setObject(1, incident.id());
      try (ResultSet row = select.executeQuery()) {
        Severity worst = incident.severity();
        while (row.next()) {
          Severity severity = Severity.of(row.getString(1));
          worst = severity.compareTo(worst) > 0 ? severity : worst;
        }
        return worst;
      }
    }
  }

  /**
   * Has what is muted looked at again now: a reason for muting may be gone. Rows that somebody
   * works on just now are left to him and their time.
   */
  void lookAgain(Connection connection, int tenantId, Instant now) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.untold SET due_at = ? WHERE (entry_id, channel_id) IN"
                + " (SELECT entry_id, channel_id FROM alerting.untold WHERE tenant_id = ?"
                + " AND muted AND due_at > ? FOR UPDATE SKIP LOCKED)")) {
      update.setTimestamp(1, Timestamp.from(now));
      update.setInt(2, tenantId);
      update.setTimestamp(3, Timestamp.from(now));
      update.executeUpdate();
    }
  }

  private String write(Notification message) {
    try {
      return json.writeValueAsString(message);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a notification cannot be written as JSON", e);
    }
  }
}
