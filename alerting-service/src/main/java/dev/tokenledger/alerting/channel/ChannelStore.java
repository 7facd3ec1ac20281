package dev.tokenledger.alerting.channel;

import dev.tokenledger.alerting.notification.Severity;
import dev.tokenledger.alerting.receiver.ChannelType;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Channels in the database. What is deleted is kept for the deliveries that name it. */
final class ChannelStore {
  private static final String COLUMNS =
      "channel_id, name, type, url, recipients, username, encrypted_secret, secret_hint,"
          + " min_severity, failures, resting_until, disabled_reason, created_at, updated_at";

  int count(Connection connection, int tenantId) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT count(*) FROM alerting.channels WHERE tenant_id = ? AND deleted_at IS NULL")) {
      select.setInt(1, tenantId);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getInt(1);
      }
    }
  }

  void insert(Connection connection, int tenantId, StoredChannel channel, String actor)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO alerting.channels (name, url, recipients, username, encrypted_secret,"
                + " secret_hint, min_severity, disabled_reason, updated_at, channel_id, tenant_id,"
                + " type, created_at, created_by)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
      int next = setChangeable(connection, insert, channel);
      insert.setObject(next++, channel.id());
      insert.setInt(next++, tenantId);
      insert.setString(next++, channel.type().label());
      insert.setTimestamp(next++, Timestamp.from(channel.createdAt()));
      insert.setString(next, actor);
      insert.executeUpdate();
    }
  }

  /** Writes what can be changed; the channel begins anew, without failures and rest. */
  void update(Connection connection, int tenantId, StoredChannel channel) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.channels SET name = ?, url = ?, recipients = ?, username = ?,"
                + " encrypted_secret = ?, secret_hint = ?, min_severity = ?, disabled_reason = ?,"
                + " updated_at = ?, failures = 0, resting_until = NULL"
                + " WHERE channel_id = ? AND tenant_id = ? AND deleted_at IS NULL")) {
      int next = setChangeable(connection, update, channel);
      update.setObject(next++, channel.id());
      update.setInt(next, tenantId);
      update.executeUpdate();
    }
  }

  private static int setChangeable(
      Connection connection, PreparedStatement statement, StoredChannel channel)
      throws SQLException {
    statement.setString(1, channel.name());
    statement.setString(2, channel.url());
    statement.setArray(
        3,
        channel.recipients().isEmpty()
            ? null
            : connection.createArrayOf("text", channel.recipients().toArray()));
    statement.setString(4, channel.username());
    statement.setBytes(5, channel.encryptedSecret());
    statement.setString(6, channel.secretHint());
    statement.setString(7, channel.minSeverity().label());
    statement.setString(8, channel.disabledReason());
    statement.setTimestamp(9, Timestamp.from(channel.updatedAt()));
    return 10;
  }

  /** A channel that is there, locked until the end of the transaction. */
  Optional<StoredChannel> lock(Connection connection, int tenantId, UUID id) throws SQLException {
    return find(connection, tenantId, id, " FOR UPDATE");
  }

  Optional<StoredChannel> find(Connection connection, int tenantId, UUID id) throws SQLException {
    return find(connection, tenantId, id, "");
  }

  private static Optional<StoredChannel> find(
      Connection connection, int tenantId, UUID id, String mode) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT "
                + COLUMNS
                + " FROM alerting.channels"
                + " WHERE tenant_id = ? AND channel_id = ? AND deleted_at IS NULL"
                + mode)) {
      select.setInt(1, tenantId);
      select.setObject(2, id);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? Optional.of(channel(row)) : Optional.empty();
      }
    }
  }

  /**
   * A tenant's channels, the oldest first.
   *
   * @param after the last of the page before, or null for the first page
   */
  List<StoredChannel> page(Connection connection, int tenantId, int limit, @Nullable UUID after)
      throws SQLException {
    List<StoredChannel> channels = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT "
                + COLUMNS
                + " FROM alerting.channels WHERE tenant_id = ? AND deleted_at IS NULL"
                + " AND (?::uuid IS NULL OR (created_at, channel_id) >"
                + " (SELECT created_at, channel_id FROM alerting.channels WHERE channel_id = ?))"
                + " ORDER BY created_at, channel_id LIMIT ?")) {
      select.setInt(1, tenantId);
      select.setObject(2, after);
      select.setObject(3, after);
      select.setInt(4, limit);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          channels.add(channel(row));
        }
      }
    }
    return channels;
  }

  /**
   * Forgets where a channel leads, and its secrets.
   *
   * @return whether there was such a channel
   */
  boolean delete(Connection connection, int tenantId, UUID id) throws SQLException {
    try (PreparedStatement update =
            connection.prepareStatement(
                "UPDATE alerting.channels SET deleted_at = now(), url = NULL, recipients = NULL,"
                    + " username = NULL, encrypted_secret = NULL, secret_hint = NULL"
                    + " WHERE tenant_id = ? AND channel_id = ? AND deleted_at IS NULL");
        PreparedStatement former =
            connection.prepareStatement(
                "DELETE FROM alerting.former_secrets WHERE channel_id = ?");
        PreparedStatement single =
            connection.prepareStatement(
                "UPDATE alerting.deliveries SET recipients = NULL"
                    + " WHERE channel_id = ? AND recipients IS NOT NULL")) {
      update.setInt(1, tenantId);
      update.setObject(2, id);
      if (update.executeUpdate() == 0) {
        return false;
      }
      former.setObject(1, id);
      former.executeUpdate();
      single.setObject(1, id);
      single.executeUpdate();
      return true;
    }
  }

  /** Takes back what people have asked to be sent to a channel; it waits like everything else. */
  void takeBackRequests(Connection connection, UUID channel) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.deliveries SET requested = false"
                + " WHERE channel_id = ? AND status = 'pending' AND requested")) {
      update.setObject(1, channel);
      update.executeUpdate();
    }
  }

  /** A channel's secret, or a former one, as it is encrypted. */
  record Encrypted(UUID channel, byte[] secret) {}

  /** All secrets that are encrypted, of all tenants. */
  List<Encrypted> encryptedSecrets(Connection connection) throws SQLException {
    List<Encrypted> secrets = new ArrayList<>();
    try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT channel_id, encrypted_secret FROM alerting.channels"
                    + " WHERE encrypted_secret IS NOT NULL"
                    + " UNION ALL SELECT channel_id, encrypted_secret FROM alerting.former_secrets");
        ResultSet row = select.executeQuery()) {
      while (row.next()) {
        secrets.add(new Encrypted(row.getObject(1, UUID.class), row.getBytes(2)));
      }
    }
    return secrets;
  }

  /** Replaces what is encrypted, unless somebody has changed the secret meanwhile. */
  void replace(Connection connection, Encrypted secret, byte[] anew) throws SQLException {
    try (PreparedStatement present =
            connection.prepareStatement(
                "UPDATE alerting.channels SET encrypted_secret = ?"
                    + " WHERE channel_id = ? AND encrypted_secret = ?");
        PreparedStatement former =
            connection.prepareStatement(
                "UPDATE alerting.former_secrets SET encrypted_secret = ?"
                    + " WHERE channel_id = ? AND encrypted_secret = ?")) {
      for (PreparedStatement update : List.of(present, former)) {
        update.setBytes(1, anew);
        update.setObject(2, secret.channel());
        update.setBytes(3, secret.secret());
        update.executeUpdate();
      }
    }
  }

  /** How many former secrets of a channel are still in use; removes those that are not. */
  int formerSecrets(Connection connection, UUID channel, Instant now) throws SQLException {
    try (PreparedStatement delete =
            connection.prepareStatement(
                "DELETE FROM alerting.former_secrets WHERE channel_id = ? AND valid_until <= ?");
        PreparedStatement select =
            connection.prepareStatement(
                "SELECT count(*) FROM alerting.former_secrets WHERE channel_id = ?")) {
      delete.setObject(1, channel);
      delete.setTimestamp(2, Timestamp.from(now));
      delete.executeUpdate();
      select.setObject(1, channel);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getInt(1);
      }
    }
  }

  void addFormerSecret(
      Connection connection, int tenantId, UUID channel, byte[] secret, Instant validUntil)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO alerting.former_secrets"
                + " (channel_id, tenant_id, encrypted_secret, valid_until) VALUES (?, ?, ?, ?)")) {
      insert.setObject(1, channel);
      insert.setInt(2, tenantId);
      insert.setBytes(3, secret);
      insert.setTimestamp(4, Timestamp.from(validUntil));
      insert.executeUpdate();
    }
  }

  private static StoredChannel channel(ResultSet row) throws SQLException {
    String type = row.getString("type");
    Array recipients = row.getArray("recipients");
    Timestamp resting = row.getTimestamp("resting_until");
    return new StoredChannel(
        row.getObject("channel_id", UUID.class),
        row.getString("name"),
        ChannelType.of(type)
            .orElseThrow(() -> new IllegalStateException("unknown type of channel: " + type)),
        row.getString("url"),
        recipients == null ? List.of() : List.of((String[]) recipients.getArray()),
        row.getString("username"),
        row.getBytes("encrypted_secret"),
        row.getString("secret_hint"),
        Severity.of(row.getString("min_severity")),
        row.getInt("failures"),
        resting == null ? null : resting.toInstant(),
        row.getString("disabled_reason"),
        row.getTimestamp("created_at").toInstant(),
        row.getTimestamp("updated_at").toInstant());
  }
}
