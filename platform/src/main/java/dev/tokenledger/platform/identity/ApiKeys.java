package dev.tokenledger.platform.identity;

import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.database.Databases;
import dev.tokenledger.platform.database.ServiceRole;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.quarkus.scheduler.Scheduled;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * All API keys, in memory, so that recognising a caller needs no I/O. Read again when the revision
 * of the admission schema has grown: a revoked key is refused after one refresh interval at most,
 * also while the database is away (a key that was good before stays good then).
 */
@ApplicationScoped
public class ApiKeys {
  private static final Logger LOG = Logger.getLogger(ApiKeys.class);

  /** An unknown key makes us read again, but no oftener than this: guessing must stay cheap. */
  private static final Duration MIN_REREAD = Duration.ofMillis(200);

  /** How long a caller with an unknown key waits for others who read. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  /** Each that waits holds a worker. */
  private static final int MOST_WAITING = 8;

  private final Database database;
  private final Clock clock;
  private final Map<String, Instant> lastUsed = new ConcurrentHashMap<>();

  private volatile @Nullable Snapshot snapshot;
  private volatile Instant lastTry = Instant.EPOCH;
  private volatile boolean lastFailed;
  private final AtomicLong attempts = new AtomicLong();
  private final ReentrantLock reading = new ReentrantLock();

  private record Snapshot(long revision, Map<String, ApiKey> keys) {}

  public ApiKeys(Databases databases, Clock clock) {
    this.database = databases.open(ServiceRole.IDENTITY, 2);
    this.clock = clock;
  }

  /** Whether keys have been read at least once. */
  public boolean isLoaded() {
    return snapshot != null;
  }

  /** Whether memory has a key of a tenant with this id, be it revoked or expired. */
  public boolean knows(int tenantId, String keyId) {
    Snapshot current = snapshot;
    ApiKey key = current == null ? null : current.keys.get(keyId);
    return key != null && key.tenantId() == tenantId;
  }

  /** Whether a tenant has, or had, a key with this id. Blocks when memory does not know it. */
  public boolean exists(int tenantId, String keyId) {
    if (!knows(tenantId, keyId)) {
      refresh();
    }
    return knows(tenantId, keyId);
  }

  /** Recognises a bearer key from memory; empty means that it is worth a {@link #reread}. */
  Optional<Caller> bearer(String credential) {
    if (!credential.startsWith(ApiKey.PREFIX)) {
      return Optional.empty();
    }
    int split = credential.indexOf('_', ApiKey.PREFIX.length());
    if (split < 0) {
      return Optional.empty();
    }
    return check(
        credential.substring(ApiKey.PREFIX.length(), split),
        credential.substring(split + 1),
        false);
  }

  /** Recognises a pair of public and secret key from memory. */
  Optional<Caller> pair(String publicKey, String secretKey) {
    return check(publicKey, secretKey, true);
  }

  private Optional<Caller> check(String keyId, String secret, boolean pair) {
    Snapshot current = snapshot;
    ApiKey key = current == null ? null : current.keys.get(keyId);
    // The secret comes first: who does not have it must not learn that the key was revoked.
    if (key == null || key.pair() != pair || !key.matches(secret)) {
      return Optional.empty();
    }
    Instant now = clock.instant();
    if (key.revokedAt() != null) {
      throw new ProblemException(
          ProblemCode.KEY_REVOKED,
          "This API key was revoked at " + key.revokedAt() + ". Use another key.");
    }
    if (key.expiresAt() != null && !now.isBefore(key.expiresAt())) {
      throw new ProblemException(
          ProblemCode.KEY_EXPIRED,
          "This API key expired at " + key.expiresAt() + ". Create a new one.");
    }
    if (key.project() != null && !ApiKey.mayHaveProject(key.scopes())) {
      // Made by a former version, which took it and did not hold to it.
      throw new ProblemException(
          ProblemCode.FORBIDDEN,
          "This API key is of a project and has the scope read or admin, which see the whole tenant:"
              + " it is not used any more. Make one without a project for these scopes, and one with"
              + " the project and the scope ingest to report events.");
    }
    lastUsed.put(keyId, now);
    return Optional.of(key.caller());
  }

  /**
   * Reads the keys again if that was not tried just now. Blocks, but only as long as one reading
   * takes and only one caller at a time: while somebody else reads, others wait for that for a
   * moment and then go by what is known.
   *
   * @throws ProblemException if a key that is not known cannot be looked for
   */
  void reread() {
    long before = attempts.get();
    if (Duration.between(lastTry, clock.instant()).compareTo(MIN_REREAD) < 0) {
      requireRead();
      return;
    }
    if (reading.getQueueLength() >= MOST_WAITING) {
      throw unread(null);
    }
    try {
      if (!reading.tryLock(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        throw unread(null);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw unread(e);
    }
    try {
      if (attempts.get() == before) {
        read();
      } else {
        // Who had the turn before has read, or has failed to.
        requireRead();
      }
    } finally {
      reading.unlock();
    }
  }

  private void requireRead() {
    if (lastFailed) {
      throw unread(null);
    }
  }

  private static ProblemException unread(@Nullable Throwable cause) {
    return ProblemException.retryable(
        ProblemCode.STORE_UNAVAILABLE,
        "This API key is not known yet, and the database that has the keys gives no answer. Try"
            + " again in a moment.",
        Duration.ofSeconds(2),
        cause);
  }

  /** Reads the keys again if anything has changed. Blocks. */
  public void refresh() {
    reading.lock();
    try {
      read();
    } finally {
      reading.unlock();
    }
  }

  private void read() {
    Snapshot current = snapshot;
    boolean succeeded = false;
    try {
      snapshot =
          database.asService(
              connection -> {
                long revision = revision(connection);
                return current != null && current.revision == revision
                    ? current
                    : new Snapshot(revision, read(connection));
              });
      succeeded = true;
    } finally {
      lastFailed = !succeeded;
      lastTry = clock.instant();
      attempts.incrementAndGet();
    }
  }

  @Scheduled(
      identity = "identity-refresh",
      every = "${tokenledger.identity.refresh-interval:1s}",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  void refreshOnSchedule() {
    try {
      refresh();
      storeLastUsed();
    } catch (ProblemException e) {
      LOG.warnf("API keys could not be refreshed; those known stay valid: %s", e.getMessage());
    } catch (IllegalStateException e) {
      // Before the first migration the tables are not there; afterwards this is a fault to see.
      LOG.logf(
          isLoaded() ? Logger.Level.WARN : Logger.Level.DEBUG,
          "API keys could not be read: %s",
          e.getCause() == null ? e : e.getCause());
    }
  }

  private void storeLastUsed() {
    if (lastUsed.isEmpty()) {
      return;
    }
    Map<String, Instant> seen = new HashMap<>(lastUsed);
    database.asService(
        connection -> {
          try (PreparedStatement update =
              connection.prepareStatement(
                  "UPDATE admission.api_keys SET last_used_at = ? WHERE key_id = ?"
                      + " AND (last_used_at IS NULL OR last_used_at < ?::timestamptz - interval '10 s')")) {
            for (Map.Entry<String, Instant> entry : seen.entrySet()) {
              update.setTimestamp(1, Timestamp.from(entry.getValue()));
              update.setString(2, entry.getKey());
              update.setTimestamp(3, Timestamp.from(entry.getValue()));
              update.addBatch();
            }
            update.executeBatch();
          }
          return null;
        });
    seen.forEach(lastUsed::remove);
  }

  private static long revision(Connection connection) throws SQLException {
    try (PreparedStatement select =
            connection.prepareStatement("SELECT value FROM admission.revision");
        ResultSet row = select.executeQuery()) {
      row.next();
      return row.getLong(1);
    }
  }

  private static Map<String, ApiKey> read(Connection connection) throws SQLException {
    Map<String, ApiKey> keys = new HashMap<>();
    try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT k.key_id, k.tenant_id, t.name, k.project, k.scopes, k.secret_hash, k.pair,"
                    + " k.expires_at, k.revoked_at"
                    + " FROM admission.api_keys k JOIN admission.tenants t USING (tenant_id)");
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        ApiKey key =
            new ApiKey(
                rows.getString(1),
                rows.getInt(2),
                rows.getString(3),
                rows.getString(4),
                scopes((String[]) rows.getArray(5).getArray()),
                rows.getBytes(6),
                rows.getBoolean(7),
                instant(rows, 8),
                instant(rows, 9));
        keys.put(key.keyId(), key);
      }
    }
    return Map.copyOf(keys);
  }

  private static Set<Scope> scopes(String[] labels) {
    return Arrays.stream(labels)
        .map(label -> Scope.valueOf(label.toUpperCase(Locale.ROOT)))
        .collect(Collectors.toUnmodifiableSet());
  }

  private static @Nullable Instant instant(ResultSet rows, int column) throws SQLException {
    Timestamp value = rows.getTimestamp(column);
    return value == null ? null : value.toInstant();
  }
}
