package dev.tokenledger.alerting.dispatch;

import dev.tokenledger.alerting.dispatch.NotificationDecision.Untold;
import dev.tokenledger.alerting.incident.HistoryEvent;
import dev.tokenledger.alerting.notification.Severity;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What channels have not been told, within the caller's transaction. */
final class PendingNotifications {
  private static final int MAX_CHANNELS = 100;

  /** Incidents that are decided in one transaction. */
  static final int MAX_INCIDENTS = 500;

  private PendingNotifications() {}

  /**
   * A channel that is locked.
   *
   * @param least of which severity something must be for the channel to be told that it begins
   */
  record Channel(UUID id, int tenantId, boolean isDeleted, boolean isDisabled, Severity least) {}

  static List<UUID> dueChannels(Connection connection, Instant now) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT channel_id FROM alerting.untold WHERE due_at <= ?"
                + " UNION SELECT channel_id FROM alerting.told WHERE remind_at <= ? LIMIT "
                + MAX_CHANNELS)) {
      select.setTimestamp(1, Timestamp.from(now));
      select.setTimestamp(2, Timestamp.from(now));
      return ids(select);
    }
  }

  /** Locks a channel against other dispatchers; empty if one of them has it. */
  static Optional<Channel> lock(Connection connection, UUID channelId) throws SQLException {
    // Not FOR UPDATE, for which everybody would have to wait who adds a row that refers to it.
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT tenant_id, deleted_at IS NOT NULL, disabled_reason IS NOT NULL, min_severity"
                + " FROM alerting.channels WHERE channel_id = ? FOR NO KEY UPDATE SKIP LOCKED")) {
      select.setObject(1, channelId);
      try (ResultSet row = select.executeQuery()) {
        return row.next()
            ? Optional.of(
                new Channel(
                    channelId,
                    row.getInt(1),
                    row.getBoolean(2),
                    row.getBoolean(3),
                    Severity.of(row.getString(4))))
            : Optional.empty();
      }
    }
  }

  /**
   * The transitions that a channel has not been told, by incident: all of an incident, if one of
   * them is due or waits for its group.
   */
  static Map<UUID, List<Untold>> due(Connection connection, UUID channelId, Instant now)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT u.incident_id, u.entry_id, h.event, h.severity, u.created_at, u.muted"
                + " FROM alerting.untold u JOIN alerting.incident_history h USING (entry_id)"
                + " WHERE u.channel_id = ? AND u.incident_id IN"
                + " (SELECT incident_id FROM alerting.untold WHERE channel_id = ?"
                + " AND (due_at <= ? OR NOT muted) GROUP BY incident_id ORDER BY min(due_at) LIMIT "
                + MAX_INCIDENTS
                + ") ORDER BY u.entry_id")) {
      select.setObject(1, channelId);
      select.setObject(2, channelId);
      select.setTimestamp(3, Timestamp.from(now));
      try (ResultSet row = select.executeQuery()) {
        Map<UUID, List<Untold>> due = new LinkedHashMap<>();
        while (row.next()) {
          due.computeIfAbsent(row.getObject(1, UUID.class), id -> new ArrayList<>())
              .add(
                  new Untold(
                      row.getLong(2),
                      HistoryEvent.of(row.getString(3)),
                      Severity.of(row.getString(4)),
                      row.getTimestamp(5).toInstant(),
                      row.getBoolean(6)));
        }
        return due;
      }
    }
  }

  static String message(Connection connection, long entryId) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT message FROM alerting.incident_history WHERE entry_id = ?")) {
      select.setLong(1, entryId);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getString(1);
      }
    }
  }

  /** Notes that transitions are muted, and when to look at them again. */
  static void hold(Connection connection, UUID channelId, List<Untold> transitions, Instant until)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.untold SET muted = true, due_at = ?"
                + " WHERE channel_id = ? AND entry_id = ANY (?)")) {
      update.setTimestamp(1, Timestamp.from(until));
      update.setObject(2, channelId);
      update.setArray(3, connection.createArrayOf("bigint", entries(transitions)));
      update.executeUpdate();
    }
  }

  /** Leaves all of an incident to a later time. */
  static void postpone(Connection connection, UUID channelId, UUID incidentId, Instant until)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.untold SET due_at = ?"
                + " WHERE channel_id = ? AND incident_id = ? AND due_at <> ?")) {
      update.setTimestamp(1, Timestamp.from(until));
      update.setObject(2, channelId);
      update.setObject(3, incidentId);
      update.setTimestamp(4, Timestamp.from(until));
      update.executeUpdate();
    }
  }

  static void remove(Connection connection, UUID channelId, List<Untold> transitions)
      throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement(
            "DELETE FROM alerting.untold WHERE channel_id = ? AND entry_id = ANY (?)")) {
      delete.setObject(1, channelId);
      delete.setArray(2, connection.createArrayOf("bigint", entries(transitions)));
      delete.executeUpdate();
    }
  }

  private static Object[] entries(List<Untold> transitions) {
    return transitions.stream().map(Untold::entryId).toArray();
  }

  /**
   * Leaves what a disabled channel knows as it is. Beginnings are dropped; ends of what it knows,
   * and reminders, are looked at again later, since it may be enabled again.
   */
  static void suspend(Connection connection, UUID channelId, Instant now, Instant until)
      throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement(
            "DELETE FROM alerting.untold u USING alerting.incident_history h"
                + " WHERE u.channel_id = ? AND h.entry_id = u.entry_id AND (h.event <> ?"
                + " OR NOT EXISTS (SELECT 1 FROM alerting.told t"
                + " WHERE t.incident_id = u.incident_id AND t.channel_id = u.channel_id))")) {
      delete.setObject(1, channelId);
      delete.setString(2, HistoryEvent.RESOLVED.label());
      delete.executeUpdate();
    }
    for (String later :
        List.of(
            "UPDATE alerting.untold SET due_at = ? WHERE channel_id = ? AND due_at <= ?",
            "UPDATE alerting.told SET remind_at = ? WHERE channel_id = ? AND remind_at <= ?")) {
      try (PreparedStatement update = connection.prepareStatement(later)) {
        update.setTimestamp(1, Timestamp.from(until));
        update.setObject(2, channelId);
        update.setTimestamp(3, Timestamp.from(now));
        update.executeUpdate();
      }
    }
  }

  /** Removes all that concerns a channel that is gone. */
  static void forget(Connection connection, UUID channelId) throws SQLException {
    for (String table : List.of("untold", "told", "groups_told")) {
      try (PreparedStatement delete =
          connection.prepareStatement("DELETE FROM alerting." + table + " WHERE channel_id = ?")) {
        delete.setObject(1, channelId);
        delete.executeUpdate();
      }
    }
  }

  /** When a channel was last told of a group; null if it was not. */
  static @Nullable Instant groupTold(Connection connection, UUID channelId, String key)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT told_at FROM alerting.groups_told WHERE channel_id = ? AND group_key = ?")) {
      select.setObject(1, channelId);
      select.setString(2, key);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? row.getTimestamp(1).toInstant() : null;
      }
    }
  }

  /** Notes it, and forgets groups that were told so long ago that it makes no difference. */
  static void groupTold(Connection connection, Channel channel, String key, Instant now)
      throws SQLException {
    try (PreparedStatement upsert =
        connection.prepareStatement(
            "INSERT INTO alerting.groups_told (channel_id, group_key, tenant_id, told_at)"
                + " VALUES (?, ?, ?, ?) ON CONFLICT (channel_id, group_key)"
                + " DO UPDATE SET told_at = excluded.told_at")) {
      upsert.setObject(1, channel.id);
      upsert.setString(2, key);
      upsert.setInt(3, channel.tenantId);
      upsert.setTimestamp(4, Timestamp.from(now));
      upsert.executeUpdate();
    }
    try (PreparedStatement delete =
        connection.prepareStatement(
            "DELETE FROM alerting.groups_told WHERE channel_id = ? AND told_at < ?")) {
      delete.setObject(1, channel.id);
      delete.setTimestamp(2, Timestamp.from(now.minus(Grouping.LONGEST_INTERVAL)));
      delete.executeUpdate();
    }
  }

  static @Nullable Timestamp timestamp(@Nullable Instant time) {
    return time == null ? null : Timestamp.from(time);
  }

  static List<UUID> ids(PreparedStatement select) throws SQLException {
    try (ResultSet row = select.executeQuery()) {
      List<UUID> ids = new ArrayList<>();
      while (row.next()) {
        ids.add(row.getObject(1, UUID.class));
      }
      return ids;
    }
  }
}
