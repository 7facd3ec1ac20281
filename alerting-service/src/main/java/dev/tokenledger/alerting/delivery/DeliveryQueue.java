package dev.tokenledger.alerting.delivery;

import dev.tokenledger.alerting.receiver.ChannelType;
import dev.tokenledger.alerting.receiver.DeliveryOutcome;
import dev.tokenledger.alerting.receiver.Excerpt;
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
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Deliveries that are due, for all tenants and processes.
 *
 * <p>A delivery is claimed by moving its next attempt beyond the longest time that this attempt can
 * take, in the same transaction in which the attempt is noted, and only then sent: of several
 * processes one sends it. A process that dies after sending and before noting the outcome leaves
 * the claim to run out, and the same delivery is sent again under the same id. One that finds out
 * its outcome after that changes nothing but its own line in the log. When the last attempt that a
 * delivery may have leaves no outcome, the delivery is a dead letter.
 *
 * <p>Who writes to a channel and to its deliveries locks the channel first.
 */
final class DeliveryQueue {
  private static final int MAX_ERROR = 300;
  private static final int MAX_EARLIER = 50;

  /** Rests double no more often than this; the longest pause ends it long before. */
  private static final int MAX_DOUBLINGS = 20;

  /** What is told of all incidents alike; none is the type of a condition. */
  private static final String DERIVED_TYPES = "incident.%";

  private final Database database;
  private final Bounds bounds;
  private final Rests rests;

  DeliveryQueue(Database database, Bounds bounds, Rests rests) {
    this.database = database;
    this.bounds = bounds;
    this.rests = rests;
  }

  /**
   * How long, and how often, a delivery may be attempted.
   *
   * @param attempts after which it is given up
   * @param lease of a claim, longer than any attempt takes
   * @param mailLease of a claim of a mail
   */
  record Bounds(int attempts, Duration lease, Duration mailLease) {}

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
   * Claims what is due: of each channel the first, no channel that rests or is busy, of one that is
   * disabled only what somebody has asked for, and nothing of which something earlier about the
   * same condition is still to be sent.
   *
   * @param busy channels to leave alone
   */
  List<Due> claim(Instant now, int most, Collection<UUID> busy) {
    return database.asService(
        connection -> {
          if (!isAnythingDue(connection, now)) {
            return List.<Due>of();
          }
          endThoseWithoutOutcome(connection, now);
          return claim(connection, now, most, busy);
        });
  }

  /**
   * Gives up what has been attempted as often as it may be, and of whose last attempt nobody has
   * noted the outcome in time.
   */
  private void endThoseWithoutOutcome(Connection connection, Instant now) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.deliveries SET status = 'dead', last_error = 'no outcome was noted'"
                + " WHERE delivery_id IN (SELECT delivery_id FROM alerting.deliveries"
                + " WHERE status = 'pending' AND next_attempt_at <= ? AND claim IS NOT NULL"
                + " AND attempts >= ? FOR UPDATE SKIP LOCKED)")) {
      update.setTimestamp(1, Timestamp.from(now));
      update.setInt(2, bounds.attempts);
      update.executeUpdate();
    }
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

  private List<Due> claim(Connection connection, Instant now, int most, Collection<UUID> busy)
      throws SQLException {
    List<Due> due = new ArrayList<>();
    try (PreparedStatement claim =
        connection.prepareStatement(
            """
            WITH next AS (
              SELECT d.delivery_id FROM alerting.channels c CROSS JOIN LATERAL (
                SELECT d.delivery_id, d.next_attempt_at FROM alerting.deliveries d
                WHERE d.channel_id = c.channel_id AND d.status = 'pending' AND d.next_attempt_at <= ?
                  AND (c.disabled_reason IS NULL OR c.deleted_at IS NOT NULL OR d.requested)
                  AND NOT EXISTS (SELECT 1 FROM alerting.deliveries e
                    WHERE e.channel_id = d.channel_id AND e.dedupe_key = d.dedupe_key
                      AND e.sequence < d.sequence AND e.status = 'pending'
                      AND (c.disabled_reason IS NULL OR c.deleted_at IS NOT NULL OR e.requested))
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
              SET next_attempt_at = CASE c.type WHEN 'email' THEN ?::timestamptz ELSE ? END,
                attempts = attempts + 1, claim = gen_random_uuid()
              FROM locked, alerting.channels c
              WHERE d.delivery_id = locked.delivery_id AND c.channel_id = d.channel_id
              RETURNING d.*),
            noted AS (
              INSERT INTO alerting.delivery_attempts (attempt_id, delivery_id, tenant_id, started_at)
              SELECT claim, delivery_id, tenant_id, ? FROM claimed)
            SELECT d.delivery_id, d.claim, d.sequence, d.tenant_id, d.attempts, d.payload,
              d.dedupe_key, d.channel_id, c.type, c.url, c.username,
              coalesce(d.recipients, c.recipients) AS recipients,
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
      claim.setTimestamp(6, Timestamp.from(now.plus(bounds.mailLease)));
      claim.setTimestamp(7, Timestamp.from(now.plus(bounds.lease)));
      claim.setTimestamp(8, time);
      claim.setTimestamp(9, time);
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
   * What a delivery's condition is: the type of the first notification that the channel got of it.
   * Empty where all are of types that say what happened to an incident, as those of groups are.
   */
  Optional<String> conditionType(Due due) {
    return database.asService(
        connection -> {
          try (PreparedStatement select =
              connection.prepareStatement(
                  "SELECT type FROM alerting.deliveries WHERE channel_id = ? AND dedupe_key = ?"
                      + " AND sequence <= ? AND type NOT LIKE ? ORDER BY sequence LIMIT 1")) {
            select.setObject(1, due.channelId);
            select.setString(2, due.dedupeKey);
            select.setLong(3, due.sequence);
            select.setString(4, DERIVED_TYPES);
            try (ResultSet row = select.executeQuery()) {
              return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
            }
          }
        });
  }

  /**
   * Notes what became of an attempt, and what that says about the channel. A receiver that is gone
   * says nothing about a channel that leads to another one by now: what was sent to the former one
   * is due at once.
   *
   * @param next when to try again, the delivery itself or what some of its recipients have missed;
   *     null if this was the last attempt
   */
  void finish(
      Due due, DeliveryOutcome outcome, Instant started, Instant now, @Nullable Instant next) {
    // Postgres takes no NUL in a text, and an error may repeat what a receiver has sent.
    String error = outcome.error() == null ? null : Excerpt.line(outcome.error(), MAX_ERROR);
    database.asService(
        connection -> {
          boolean leadsElsewhere = !lockChannel(connection, due);
          log(connection, due, outcome, error, Duration.between(started, now));
          boolean outdated = outcome.kind() == DeliveryOutcome.Kind.GONE && leadsElsewhere;
          Instant again = outdated && due.attempts < bounds.attempts ? now : next;
          if (settle(connection, due, outcome, error, now, again)) {
            if (next != null) {
              sendAgain(connection, due, outcome.missed(), next);
            }
            if (!outdated) {
              judge(connection, due, outcome, error, now);
            }
          }
          return null;
        });
  }

  /** Returns whether the channel still leads to where the attempt was made. */
  private static boolean lockChannel(Connection connection, Due due) throws SQLException {
    // Not FOR UPDATE, for which everybody would have to wait who adds a row that refers to it.
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT url IS NOT DISTINCT FROM ?"
                + " AND (type <> 'slack' OR encrypted_secret IS NOT DISTINCT FROM ?)"
                + " FROM alerting.channels WHERE channel_id = ? FOR NO KEY UPDATE")) {
      select.setString(1, due.url);
      select.setBytes(2, due.encryptedSecrets.isEmpty() ? null : due.encryptedSecrets.get(0));
      select.setObject(3, due.channelId);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getBoolean(1);
      }
    }
  }

  private static void log(
      Connection connection,
      Due due,
      DeliveryOutcome outcome,
      @Nullable String error,
      Duration duration)
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

  /**
   * Whether the claim was still ours, and the delivery not given up meanwhile. Of one that was,
   * nothing counts but that it has arrived.
   */
  private static boolean settle(
      Connection connection,
      Due due,
      DeliveryOutcome outcome,
      @Nullable String error,
      Instant now,
      @Nullable Instant next)
      throws SQLException {
    boolean delivered = outcome.kind() == DeliveryOutcome.Kind.DELIVERED;
    try (PreparedStatement update =
            connection.prepareStatement(
                "UPDATE alerting.deliveries SET status = ?,"
                    + " next_attempt_at = coalesce(?, next_attempt_at), delivered_at = ?,"
                    + " last_status = ?, last_error = ?, claim = NULL"
                    + " WHERE delivery_id = ? AND claim = ? AND (status = 'pending' OR ?)");
        PreparedStatement release =
            connection.prepareStatement(
                "UPDATE alerting.deliveries SET claim = NULL"
                    + " WHERE delivery_id = ? AND claim = ?")) {
      update.setString(1, delivered ? "delivered" : next == null ? "dead" : "pending");
      update.setTimestamp(2, next == null ? null : Timestamp.from(next));
      update.setTimestamp(3, delivered ? Timestamp.from(now) : null);
      update.setObject(4, outcome.status(), Types.INTEGER);
      update.setString(5, error);
      update.setObject(6, due.id);
      update.setObject(7, due.claim);
      update.setBoolean(8, delivered);
      if (update.executeUpdate() == 1) {
        return true;
      }
      release.setObject(1, due.id);
      release.setObject(2, due.claim);
      release.executeUpdate();
      return false;
    }
  }

  /**
   * Makes a delivery for each address that has missed a mail, so that nobody gets it twice. None
   * has a place in the order of its condition: a mailbox that is full holds back no other.
   */
  private static void sendAgain(Connection connection, Due due, List<String> missed, Instant next)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO alerting.deliveries (delivery_id, tenant_id, channel_id, type, payload,"
                + " requested, recipients, next_attempt_at) SELECT gen_random_uuid(), tenant_id,"
                + " channel_id, type, payload, requested, ARRAY[address], ?"
                + " FROM alerting.deliveries, unnest(?::text[]) AS address WHERE delivery_id = ?")) {
      insert.setTimestamp(1, Timestamp.from(next));
      insert.setArray(2, connection.createArrayOf("text", missed.toArray()));
      insert.setObject(3, due.id);
      insert.executeUpdate();
    }
  }

  /** The circuit breaker, in the channel's row. */
  private void judge(
      Connection connection, Due due, DeliveryOutcome outcome, @Nullable String error, Instant now)
      throws SQLException {
    switch (outcome.kind()) {
      case DELIVERED -> recover(connection, due);
      case FAILED -> {
        Duration asked = outcome.retryAfter();
        // A receiver that works, and says how long it wants to be left alone, has not failed.
        if (asked == null || !outcome.isThrottled()) {
          countFailure(connection, due, now);
        }
        if (asked != null) {
          rest(connection, due, now.plus(shorter(asked)));
        }
      }
      case GONE -> disable(connection, due, String.valueOf(error), now);
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

  /**
   * Nothing is sent there any more, and what waits is given up at once. What another process is
   * just sending is given up, too, unless it arrives.
   */
  private static void disable(Connection connection, Due due, String reason, Instant now)
      throws SQLException {
    try (PreparedStatement update =
            connection.prepareStatement(
                "UPDATE alerting.channels SET disabled_reason = ? WHERE channel_id = ?");
        PreparedStatement giveUp =
            connection.prepareStatement(
                "UPDATE alerting.deliveries SET status = 'dead',"
                    + " last_error = 'the channel was disabled',"
                    + " next_attempt_at = CASE WHEN claim IS NULL THEN ? ELSE next_attempt_at END"
                    + " WHERE channel_id = ? AND status = 'pending'")) {
      update.setString(1, reason);
      update.setObject(2, due.channelId);
      update.executeUpdate();
      giveUp.setTimestamp(1, Timestamp.from(now));
      giveUp.setObject(2, due.channelId);
      giveUp.executeUpdate();
    }
  }
}
