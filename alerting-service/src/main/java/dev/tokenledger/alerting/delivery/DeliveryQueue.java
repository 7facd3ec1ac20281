package dev.tokenledger.alerting.delivery;

import dev.tokenledger.alerting.receiver.ChannelType;
import dev.tokenledger.alerting.receiver.Outcome;
import dev.tokenledger.platform.database.Database;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Deliveries that are due, for all tenants and processes.
 *
 * <p>A delivery is claimed by moving its next attempt beyond the longest time that this attempt can
 * take, in the same transaction in which the attempt is noted, and only then sent: of several
 * processes one sends it. A process that dies after sending and before noting the outcome leaves
 * the claim to run out, and the same delivery is sent again under the same id. One that finds out
 * its outcome after that changes nothing but its own line in the log.
 */
final class DeliveryQueue {
  private static final int MAX_ERROR = 300;
  private static final int MAX_EARLIER = 50;

  /** Rests double no more often than this; the longest pause ends it long before. */
  private static final int MAX_DOUBLINGS = 20;

  private final Database database;
  private final Rests rests;

  DeliveryQueue(Database database, Rests rests) {
    this.database = database;
    this.rests = rests;
  }

  /**
   * When channels rest.
   *
   * @param afterFailures this many in a row
   * @param first how long at first; doubled with each failure after that
   * @param longest no longer than this
   */
  record Rests(int afterFailures, Duration first, Duration longest) {}

  /**
   * A delivery that is ours to attempt.
   *
   * @param claim the attempt's id
   * @param sequence its place among all deliveries
   * @param attempts with this one
   * @param deleted whether its channel was deleted meanwhile
   */
  record Due(
      UUID id,
      UUID claim,
      long sequence,
      int tenantId,
      int attempts,
      String payload,
      @Nullable String dedupeKey,
      UUID channelId,
      ChannelType type,
      @Nullable String url,
      List<String> recipients,
      @Nullable String username,
      List<byte[]> encryptedSecrets,
      boolean deleted) {

    /** Without what the channel keeps secret. */
    @Override
    public String toString() {
      return "Due[" + id + " to " + channelId + "]";
    }
  }

  /**
   * Claims what is due: of each channel the first, no channel that rests or is busy, and nothing of
   * which something earlier about the same condition still waits.
   *
   * @param lease when the claim runs out
   * @param busy channels to leave alone
   */
  List<Due> claim(Instant now, Instant lease, int most, Collection<UUID> busy) {
    return database.asService(
        connection ->
            isAnythingDue(connection, now)
                ? claim(connection, now, lease, most, busy)
                : List.<Due>of());
  }

  /** Spares the look at every channel while there is nothing to do. */
  private static boolean isAnythingDue(Connection connection, Instant now) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT EXISTS (SELECT 1 FROM alerting.deliveries"
                + " WHERE status = 'pending' AND next_attempt_at <= ?)")) {
      select.setTimestamp(1, Timestamp.from(now));
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }

  private static List<Due> claim(
      Connection connection, Instant now, Instant lease, int most, Collection<UUID> busy)
      throws SQLException {
    List<Due> due = new ArrayList<>();
    try (PreparedStatement claim =
        connection.prepareStatement(
            """
            WITH next AS (
              SELECT d.delivery_id FROM alerting.channels c CROSS JOIN LATERAL (
                SELECT d.delivery_id, d.next_attempt_at FROM alerting.deliveries d
                WHERE d.channel_id = c.channel_id AND d.status = 'pending' AND d.next_attempt_at <= ?
                  AND NOT EXISTS (SELECT 1 FROM alerting.deliveries e
                    WHERE e.channel_id = d.channel_id AND e.dedupe_key = d.dedupe_key
                      AND e.sequence < d.sequence AND e.status = 'pending')
                ORDER BY d.next_attempt_at, d.sequence LIMIT 1) d
              WHERE c.channel_id <> ALL (?)
                AND (c.resting_until IS NULL OR c.resting_until <= ? OR c.deleted_at IS NOT NULL)
              ORDER BY d.next_attempt_at LIMIT ?),
            locked AS (
              SELECT d.delivery_id FROM alerting.deliveries d
              WHERE d.delivery_id IN (SELECT delivery_id FROM next)
                AND d.status = 'pending' AND d.next_attempt_at <= ?
              FOR UPDATE SKIP LOCKED),
            claimed AS (
              UPDATE alerting.deliveries d
              SET next_attempt_at = ?, attempts = attempts + 1, claim = gen_random_uuid()
              FROM locked WHERE d.delivery_id = locked.delivery_id RETURNING d.*),
            noted AS (
              INSERT INTO alerting.delivery_attempts (attempt_id, delivery_id, tenant_id, started_at)
              SELECT claim, delivery_id, tenant_id, ? FROM claimed)
            SELECT d.delivery_id, d.claim, d.sequence, d.tenant_id, d.attempts, d.payload,
              d.dedupe_key, d.channel_id, c.type, c.url, c.recipients, c.username,
              c.encrypted_secret, c.deleted_at IS NOT NULL AS deleted,
              ARRAY(SELECT f.encrypted_secret FROM alerting.former_secrets f
                WHERE f.channel_id = c.channel_id AND f.valid_until > ?
                ORDER BY f.former_secret_id DESC) AS former_secrets
            FROM claimed d JOIN alerting.channels c USING (channel_id)
            ORDER BY d.sequence""")) {
      Timestamp time = Timestamp.from(now);
      claim.setTimestamp(1, time);
      claim.setArray(2, connection.createArrayOf("uuid", busy.toArray()));
      claim.setTimestamp(3, time);
      claim.setInt(4, most);
      claim.setTimestamp(5, time);
      claim.setTimestamp(6, Timestamp.from(lease));
      claim.setTimestamp(7, time);
      claim.setTimestamp(8, time);
      try (ResultSet row = claim.executeQuery()) {
        while (row.next()) {
          due.add(due(row));
        }
      }
    }
    return due;
  }

  private static Due due(ResultSet row) throws SQLException {
    String type = row.getString("type");
    Array recipients = row.getArray("recipients");
    List<byte[]> secrets = new ArrayList<>();
    byte[] secret = row.getBytes("encrypted_secret");
    if (secret != null) {
      secrets.add(secret);
    }
    secrets.addAll(List.of((byte[][]) row.getArray("former_secrets").getArray()));
    return new Due(
        row.getObject("delivery_id", UUID.class),
        row.getObject("claim", UUID.class),
        row.getLong("sequence"),
        row.getInt("tenant_id"),
        row.getInt("attempts"),
        row.getString("payload"),
        row.getString("dedupe_key"),
        row.getObject("channel_id", UUID.class),
        ChannelType.of(type)
            .orElseThrow(() -> new IllegalStateException("unknown type of channel: " + type)),
        row.getString("url"),
        recipients == null ? List.of() : List.of((String[]) recipients.getArray()),
        row.getString("username"),
        secrets,
        row.getBoolean("deleted"));
  }

  /**
   * The payloads of what the same channel was sent before about the same condition, the latest
   * first. What was tried and given up is among them: it may have arrived.
   */
  List<String> earlier(Due due) {
    return database.asService(
        connection -> {
          List<String> payloads = new ArrayList<>();
          try (PreparedStatement select =
              connection.prepareStatement(
                  "SELECT payload FROM alerting.deliveries d WHERE channel_id = ?"
                      + " AND dedupe_key = ? AND sequence < ? AND EXISTS"
                      + " (SELECT 1 FROM alerting.delivery_attempts a"
                      + " WHERE a.delivery_id = d.delivery_id)"
                      + " ORDER BY sequence DESC LIMIT ?")) {
            select.setObject(1, due.channelId);
            select.setString(2, due.dedupeKey);
            select.setLong(3, due.sequence);
            select.setInt(4, MAX_EARLIER);
            try (ResultSet row = select.executeQuery()) {
              while (row.next()) {
                payloads.add(row.getString(1));
              }
            }
          }
          return payloads;
        });
  }

  /**
   * Notes what became of an attempt, and what that says about the channel.
   *
   * @param next when to try again; null if this was the last attempt
   */
  void finish(Due due, Outcome outcome, Instant started, Instant now, @Nullable Instant next) {
    String error = cut(outcome.error());
    database.asService(
        connection -> {
          log(connection, due, outcome, error, Duration.between(started, now));
          if (settle(connection, due, outcome, error, now, next)) {
            judge(connection, due, outcome, now);
          }
          return null;
        });
  }

  private static @Nullable String cut(@Nullable String error) {
    return error == null || error.length() <= MAX_ERROR ? error : error.substring(0, MAX_ERROR);
  }

  private static void log(
      Connection connection, Due due, Outcome outcome, @Nullable String error, Duration duration)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.delivery_attempts SET duration_ms = ?, outcome = ?, status = ?,"
                + " error = ? WHERE attempt_id = ?")) {
      update.setLong(1, Math.max(0, duration.toMillis()));
      update.setString(2, outcome.kind().name().toLowerCase(Locale.ROOT));
      update.setObject(3, outcome.status(), Types.INTEGER);
      update.setString(4, error);
      update.setObject(5, due.claim);
      update.executeUpdate();
    }
  }

  /** Whether the claim was still ours. */
  private static boolean settle(
      Connection connection,
      Due due,
      Outcome outcome,
      @Nullable String error,
      Instant now,
      @Nullable Instant next)
      throws SQLException {
    boolean delivered = outcome.kind() == Outcome.Kind.DELIVERED;
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.deliveries SET status = ?,"
                + " next_attempt_at = coalesce(?, next_attempt_at), delivered_at = ?,"
                + " last_status = ?, last_error = ?, claim = NULL"
                + " WHERE delivery_id = ? AND claim = ?")) {
      update.setString(1, delivered ? "delivered" : next == null ? "dead" : "pending");
      update.setTimestamp(2, next == null ? null : Timestamp.from(next));
      update.setTimestamp(3, delivered ? Timestamp.from(now) : null);
      update.setObject(4, outcome.status(), Types.INTEGER);
      update.setString(5, error);
      update.setObject(6, due.id);
      update.setObject(7, due.claim);
      return update.executeUpdate() == 1;
    }
  }

  /** The circuit breaker, in the channel's row. */
  private void judge(Connection connection, Due due, Outcome outcome, Instant now)
      throws SQLException {
    switch (outcome.kind()) {
      case DELIVERED -> recover(connection, due);
      case FAILED -> {
        if (!outcome.isThrottled()) {
          countFailure(connection, due, now);
        } else if (outcome.retryAfter() != null) {
          rest(connection, due, now.plus(shorter(outcome.retryAfter())));
        }
      }
      case GONE -> disable(connection, due, String.valueOf(outcome.error()));
      // The receiver works; it is this notification that it will not have.
      case REFUSED -> {}
      default -> throw new IllegalStateException(outcome.kind().name());
    }
  }

  private static void recover(Connection connection, Due due) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.channels SET failures = 0, resting_until = NULL"
                + " WHERE channel_id = ? AND (failures > 0 OR resting_until IS NOT NULL)")) {
      update.setObject(1, due.channelId);
      update.executeUpdate();
    }
  }

  private void countFailure(Connection connection, Due due, Instant now) throws SQLException {
    int failures;
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.channels SET failures = failures + 1 WHERE channel_id = ?"
                + " RETURNING failures")) {
      update.setObject(1, due.channelId);
      try (ResultSet row = update.executeQuery()) {
        row.next();
        failures = row.getInt(1);
      }
    }
    if (failures >= rests.afterFailures) {
      int doublings = Math.min(failures - rests.afterFailures, MAX_DOUBLINGS);
      rest(connection, due, now.plus(shorter(rests.first.multipliedBy(1L << doublings))));
    }
  }

  private Duration shorter(Duration rest) {
    return rest.compareTo(rests.longest) > 0 ? rests.longest : rest;
  }

  private static void rest(Connection connection, Due due, Instant until) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.channels SET resting_until = greatest(resting_until, ?)"
                + " WHERE channel_id = ?")) {
      update.setTimestamp(1, Timestamp.from(until));
      update.setObject(2, due.channelId);
      update.executeUpdate();
    }
  }

  /** Nothing is sent there any more, and what waits is given up at once. */
  private static void disable(Connection connection, Due due, String reason) throws SQLException {
    try (PreparedStatement update =
            connection.prepareStatement(
                "UPDATE alerting.channels SET disabled_reason = ? WHERE channel_id = ?");
        PreparedStatement giveUp =
            connection.prepareStatement(
                "UPDATE alerting.deliveries SET status = 'dead',"
                    + " last_error = 'the channel was disabled'"
                    + " WHERE channel_id = ? AND status = 'pending' AND claim IS NULL")) {
      update.setString(1, cut(reason));
      update.setObject(2, due.channelId);
      update.executeUpdate();
      giveUp.setObject(1, due.channelId);
      giveUp.executeUpdate();
    }
  }
}
