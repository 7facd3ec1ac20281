package dev.tokenledger.alerting.incident;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.alerting.notification.Severity;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The table of incidents, within the caller's transaction. */
final class IncidentRows {
  private static final String COLUMNS =
      "incident_id, tenant_id, condition_key, source, source_id, status, level, severity, type,"
          + " title, text, labels, facts, data, channels, assignee, opened_at, last_seen_at,"
          + " acknowledged_at, acknowledged_by, resolved_at, resolved_by, ended_at";

  private final ObjectMapper json;

  IncidentRows(ObjectMapper json) {
    this.json = json;
  }

  /**
   * Makes the incident of a condition.
   *
   * @return false if the condition has one; waits for a transaction that is about to make it
   */
  boolean insert(Connection connection, UUID id, Condition condition, Instant now)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO alerting.incidents (incident_id, tenant_id, condition_key, source,"
                + " source_id, status, opened_at, last_seen_at, level, severity, type, title, text,"
                + " labels, facts, data, channels)"
                + " VALUES (?, ?, ?, ?, ?, 'open', ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?::jsonb,"
                + " ?::jsonb, ?)"
                + " ON CONFLICT (tenant_id, condition_key) WHERE ended_at IS NULL DO NOTHING")) {
      insert.setObject(1, id);
      insert.setInt(2, condition.tenantId());
      insert.setString(3, condition.key());
      insert.setString(4, condition.source());
      insert.setObject(5, condition.sourceId());
      insert.setTimestamp(6, Timestamp.from(now));
      insert.setTimestamp(7, Timestamp.from(now));
      bind(insert, 8, condition);
      return insert.executeUpdate() == 1;
    }
  }

  /** Opens an incident at the condition's level, whatever its status was. */
  void escalate(Connection connection, UUID id, Condition condition, Instant now)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.incidents SET status = 'open', acknowledged_at = NULL,"
                + " acknowledged_by = NULL, resolved_at = NULL, resolved_by = NULL,"
                + " last_seen_at = ?, level = ?, severity = ?, type = ?, title = ?, text = ?,"
                + " labels = ?::jsonb, facts = ?::jsonb, data = ?::jsonb, channels = ?"
                + " WHERE incident_id = ?")) {
      update.setTimestamp(1, Timestamp.from(now));
      bind(update, 2, condition);
      update.setObject(11, id);
      update.executeUpdate();
    }
  }

  /** Takes over what a condition says of itself at the same level. */
  void refresh(Connection connection, UUID id, Condition condition, Instant now)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.incidents SET last_seen_at = ?, level = ?, severity = ?, type = ?,"
                + " title = ?, text = ?, labels = ?::jsonb, facts = ?::jsonb, data = ?::jsonb,"
                + " channels = ? WHERE incident_id = ?")) {
      update.setTimestamp(1, Timestamp.from(now));
      bind(update, 2, condition);
      update.setObject(11, id);
      update.executeUpdate();
    }
  }

  /** Binds nine columns from level to channels. */
  private void bind(PreparedStatement statement, int from, Condition condition)
      throws SQLException {
    int at = from;
    statement.setInt(at++, condition.level());
    statement.setString(at++, condition.severity().label());
    statement.setString(at++, condition.type());
    statement.setString(at++, condition.title());
    statement.setString(at++, condition.text());
    statement.setString(at++, write(condition.labels()));
    statement.setString(at++, write(condition.facts()));
    statement.setString(at++, write(condition.data()));
    statement.setArray(
        at, statement.getConnection().createArrayOf("uuid", condition.channels().toArray()));
  }

  void seen(Connection connection, UUID id, Instant now) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.incidents SET last_seen_at = ? WHERE incident_id = ?")) {
      update.setTimestamp(1, Timestamp.from(now));
      update.setObject(2, id);
      update.executeUpdate();
    }
  }

  void acknowledge(Connection connection, UUID id, String actor, Instant now) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.incidents SET status = 'acknowledged', acknowledged_at = ?,"
                + " acknowledged_by = ? WHERE incident_id = ?")) {
      update.setTimestamp(1, Timestamp.from(now));
      update.setString(2, actor);
      update.setObject(3, id);
      update.executeUpdate();
    }
  }

  void resolve(Connection connection, UUID id, String actor, Instant now) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.incidents SET status = 'resolved', resolved_at = ?, resolved_by = ?"
                + " WHERE incident_id = ?")) {
      update.setTimestamp(1, Timestamp.from(now));
      update.setString(2, actor);
      update.setObject(3, id);
      update.executeUpdate();
    }
  }

  /** Notes that the condition of a resolved incident has ended. */
  void end(Connection connection, UUID id, Instant now) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.incidents SET ended_at = ? WHERE incident_id = ?")) {
      update.setTimestamp(1, Timestamp.from(now));
      update.setObject(2, id);
      update.executeUpdate();
    }
  }

  void assign(Connection connection, UUID id, @Nullable String assignee) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.incidents SET assignee = ? WHERE incident_id = ?")) {
      update.setString(1, assignee);
      update.setObject(2, id);
      update.executeUpdate();
    }
  }

  /** The incident of a condition that has not ended, locked against everybody else. */
  Optional<Incident> lock(Connection connection, int tenantId, String key) throws SQLException {
    return select(
            connection,
            "tenant_id = ? AND condition_key = ? AND ended_at IS NULL FOR NO KEY UPDATE",
            statement -> {
              statement.setInt(1, tenantId);
              statement.setString(2, key);
            })
        .stream()
        .findFirst();
  }

  /** An incident, locked against everybody else. */
  Optional<Incident> lock(Connection connection, int tenantId, UUID id) throws SQLException {
    return select(
            connection,
            "tenant_id = ? AND incident_id = ? FOR NO KEY UPDATE",
            statement -> {
              statement.setInt(1, tenantId);
              statement.setObject(2, id);
            })
        .stream()
        .findFirst();
  }

  @FunctionalInterface
  interface Binding {
    void to(PreparedStatement statement) throws SQLException;
  }

  List<Incident> select(Connection connection, String where, Binding binding) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT " + COLUMNS + " FROM alerting.incidents WHERE " + where)) {
      binding.to(select);
      try (ResultSet rows = select.executeQuery()) {
        List<Incident> incidents = new ArrayList<>();
        while (rows.next()) {
          incidents.add(read(rows));
        }
        return incidents;
      }
    }
  }

  private Incident read(ResultSet row) throws SQLException {
    try {
      return new Incident(
          row.getObject(1, UUID.class),
          row.getInt(2),
          row.getString(3),
          row.getString(4),
          row.getObject(5, UUID.class),
          IncidentStatus.of(row.getString(6)),
          row.getInt(7),
          Severity.of(row.getString(8)),
          row.getString(9),
          row.getString(10),
          row.getString(11),
          json.readValue(row.getString(12), new TypeReference<Map<String, String>>() {}),
          json.readValue(row.getString(13), new TypeReference<List<Notification.Fact>>() {}),
          json.readValue(row.getString(14), new TypeReference<Map<String, Object>>() {}),
          Arrays.asList((UUID[]) row.getArray(15).getArray()),
          row.getString(16),
          row.getTimestamp(17).toInstant(),
          row.getTimestamp(18).toInstant(),
          instant(row.getTimestamp(19)),
          row.getString(20),
          instant(row.getTimestamp(21)),
          row.getString(22),
          instant(row.getTimestamp(23)));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an incident is not the JSON we wrote", e);
    }
  }

  private static @Nullable Instant instant(@Nullable Timestamp time) {
    return time == null ? null : time.toInstant();
  }

  private String write(Object value) {
    try {
      return json.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a condition cannot be written as JSON", e);
    }
  }
}
