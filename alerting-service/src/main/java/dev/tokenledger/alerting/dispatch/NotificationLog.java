package dev.tokenledger.alerting.dispatch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.alerting.notification.Severity;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What channels know to be unresolved, within the caller's transaction. */
final class NotificationLog {
  private final ObjectMapper json;

  NotificationLog(ObjectMapper json) {
    this.json = json;
  }

  /** Those of some incidents that a channel knows, and by what. */
  Map<UUID, GroupKey> topics(Connection connection, UUID channelId, Collection<UUID> incidents)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT incident_id, dedupe_key, group_labels FROM alerting.told"
                + " WHERE channel_id = ? AND incident_id = ANY (?)")) {
      select.setObject(1, channelId);
      select.setArray(2, connection.createArrayOf("uuid", incidents.toArray()));
      try (ResultSet row = select.executeQuery()) {
        Map<UUID, GroupKey> topics = new HashMap<>();
        while (row.next()) {
          topics.put(
              row.getObject(1, UUID.class),
              new GroupKey(row.getString(2), group(row.getString(3))));
        }
        return topics;
      }
    }
  }

  private @Nullable Map<String, String> group(@Nullable String labels) {
    try {
      return labels == null
          ? null
          : json.readValue(labels, new TypeReference<TreeMap<String, String>>() {});
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the labels of a group are not the JSON we wrote", e);
    }
  }

  /** Notes that a channel knows of an incident; one that it knows already keeps its topic. */
  void note(
      Connection connection,
      PendingNotifications.Channel channel,
      UUID incidentId,
      GroupKey topic,
      Instant now,
      @Nullable Instant remindAt)
      throws SQLException {
    try (PreparedStatement upsert =
        connection.prepareStatement(
            "INSERT INTO alerting.told (incident_id, channel_id, tenant_id, dedupe_key,"
                + " group_labels, told_at, remind_at) VALUES (?, ?, ?, ?, ?::jsonb, ?, ?)"
                + " ON CONFLICT (incident_id, channel_id)"
                + " DO UPDATE SET told_at = excluded.told_at, remind_at = excluded.remind_at")) {
      upsert.setObject(1, incidentId);
      upsert.setObject(2, channel.id());
      upsert.setInt(3, channel.tenantId());
      upsert.setString(4, topic.key());
      upsert.setString(5, topic.group() == null ? null : json.writeValueAsString(topic.group()));
      upsert.setTimestamp(6, Timestamp.from(now));
      upsert.setTimestamp(7, PendingNotifications.timestamp(remindAt));
      upsert.executeUpdate();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("labels cannot be written as JSON", e);
    }
  }

  /** Notes that a channel knows of an incident's end. */
  void forget(Connection connection, UUID channelId, UUID incidentId) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement(
            "DELETE FROM alerting.told WHERE channel_id = ? AND incident_id = ?")) {
      delete.setObject(1, channelId);
      delete.setObject(2, incidentId);
      delete.executeUpdate();
    }
  }

  /**
   * How severe the worst is of the unresolved incidents that a channel knows by a key, beside those
   * given; empty if there is none.
   */
  Optional<Severity> worstOther(
      Connection connection, UUID channelId, String key, Collection<UUID> these)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT DISTINCT i.severity FROM alerting.told t JOIN alerting.incidents i"
                + " USING (incident_id) WHERE t.channel_id = ? AND t.dedupe_key = ?"
                + " AND t.incident_id <> ALL (?) AND i.status <> 'resolved'")) {
      select.setObject(1, channelId);
      select.setString(2, key);
      select.setArray(3, connection.createArrayOf("uuid", these.toArray()));
      try (ResultSet row = select.executeQuery()) {
        Optional<Severity> worst = Optional.empty();
        while (row.next()) {
          Severity severity = Severity.of(row.getString(1));
          if (worst.isEmpty() || severity.compareTo(worst.get()) > 0) {
            worst = Optional.of(severity);
          }
        }
        return worst;
      }
    }
  }

  /** Incidents that a channel is to be told of again. */
  List<UUID> dueReminders(Connection connection, UUID channelId, Instant now) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT incident_id FROM alerting.told WHERE channel_id = ? AND remind_at <= ?"
                + " ORDER BY remind_at LIMIT "
                + PendingNotifications.MAX_INCIDENTS)) {
      select.setObject(1, channelId);
      select.setTimestamp(2, Timestamp.from(now));
      return PendingNotifications.ids(select);
    }
  }

  void remindAt(Connection connection, UUID channelId, UUID incidentId, @Nullable Instant time)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.told SET remind_at = ? WHERE channel_id = ? AND incident_id = ?")) {
      update.setTimestamp(1, PendingNotifications.timestamp(time));
      update.setObject(2, channelId);
      update.setObject(3, incidentId);
      update.executeUpdate();
    }
  }
}
