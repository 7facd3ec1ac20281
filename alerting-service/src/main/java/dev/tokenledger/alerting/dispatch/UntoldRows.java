package dev.tokenledger.alerting.dispatch;

import dev.tokenledger.alerting.dispatch.Decision.Untold;
import dev.tokenledger.alerting.incident.HistoryEvent;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What channels have and have not been told, within the caller's transaction. */
final class UntoldRows {
  private static final int MAX_CHANNELS = 100;

  /** Incidents that are decided in one transaction. */
  private static final int MAX_INCIDENTS = 500;

  private UntoldRows() {}

  /** A channel that is locked. */
  record Channel(UUID id, int tenantId, boolean isUsable) {}

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
            "SELECT tenant_id, deleted_at IS NULL AND disabled_reason IS NULL"
                + " FROM alerting.channels WHERE channel_id = ? FOR NO KEY UPDATE SKIP LOCKED")) {
      select.setObject(1, channelId);
      try (ResultSet row = select.executeQuery()) {
        return row.next()
            ? Optional.of(new Channel(channelId, row.getInt(1), row.getBoolean(2)))
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
            "SELECT u.incident_id, u.entry_id, h.event, u.created_at, u.muted"
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
                      row.getTimestamp(4).toInstant(),
                      row.getBoolean(5)));
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

  /** Which of some incidents a channel knows to be unresolved. */
  static Set<UUID> told(Connection connection, UUID channelId, Collection<UUID> incidents)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT incident_id FROM alerting.told WHERE channel_id = ?"
                + " AND incident_id = ANY (?)")) {
      select.setObject(1, channelId);
      select.setArray(2, connection.createArrayOf("uuid", incidents.toArray()));
      return new LinkedHashSet<>(ids(select));
    }
  }

  /** All incidents that a channel knows to be unresolved, up to a bound. */
  static Set<UUID> told(Connection connection, UUID channelId) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT incident_id FROM alerting.told WHERE channel_id = ? LIMIT " + MAX_INCIDENTS)) {
      select.setObject(1, channelId);
      return new LinkedHashSet<>(ids(select));
    }
  }

  /** Notes that a channel knows of an incident. */
  static void told(
      Connection connection,
      Channel channel,
      UUID incidentId,
      Instant now,
      @Nullable Instant remindAt)
      throws SQLException {
    try (PreparedStatement upsert =
        connection.prepareStatement(
            "INSERT INTO alerting.told (incident_id, channel_id, tenant_id, told_at, remind_at)"
                + " VALUES (?, ?, ?, ?, ?) ON CONFLICT (incident_id, channel_id)"
                + " DO UPDATE SET told_at = excluded.told_at, remind_at = excluded.remind_at")) {
      upsert.setObject(1, incidentId);
      upsert.setObject(2, channel.id);
      upsert.setInt(3, channel.tenantId);
      upsert.setTimestamp(4, Timestamp.from(now));
      upsert.setTimestamp(5, timestamp(remindAt));
      upsert.executeUpdate();
    }
  }

  /** Incidents that a channel is to be told of again. */
  static List<UUID> dueReminders(Connection connection, UUID channelId, Instant now)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT incident_id FROM alerting.told WHERE channel_id = ? AND remind_at <= ?"
                + " ORDER BY remind_at LIMIT "
                + MAX_INCIDENTS)) {
      select.setObject(1, channelId);
      select.setTimestamp(2, Timestamp.from(now));
      return ids(select);
    }
  }

  static void remindAt(
      Connection connection, UUID channelId, UUID incidentId, @Nullable Instant time)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.told SET remind_at = ? WHERE channel_id = ? AND incident_id = ?")) {
      update.setTimestamp(1, timestamp(time));
      update.setObject(2, channelId);
      update.setObject(3, incidentId);
      update.executeUpdate();
    }
  }

  /** Notes that a channel knows of an incident's end. */
  static void forget(Connection connection, UUID channelId, UUID incidentId) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement(
            "DELETE FROM alerting.told WHERE channel_id = ? AND incident_id = ?")) {
      delete.setObject(1, channelId);
      delete.setObject(2, incidentId);
      delete.executeUpdate();
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

  private static @Nullable Timestamp timestamp(@Nullable Instant time) {
    return time == null ? null : Timestamp.from(time);
  }

  private static List<UUID> ids(PreparedStatement select) throws SQLException {
    try (ResultSet row = select.executeQuery()) {
      List<UUID> ids = new ArrayList<>();
      while (row.next()) {
        ids.add(row.getObject(1, UUID.class));
      }
      return ids;
    }
  }
}
