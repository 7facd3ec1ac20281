package dev.tokenledger.platform.freshness;

import dev.tokenledger.model.stream.StreamKeys;
import dev.tokenledger.platform.StreamConfig;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.redis.BlockingRedis;
import dev.tokenledger.platform.redis.RedisUnavailableException;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Request;
import io.vertx.mutiny.redis.client.Response;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads how far a tenant's numbers go. What is settled leaves the event streams, whose entries are
 * numbered by the time at which they were appended: everything older than the oldest entry is
 * settled, and while the streams are empty, the numbers are those of now. When Redis cannot be
 * asked, they are told to go as far as the tenant's last admission that was settled.
 */
public class FreshnessReader {
  /** The id of the first entry alone: a block may have a megabyte. */
  private static final String OLDEST_ENTRY =
      "local e = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1) return e[1] and e[1][1]";

  private final Database database;
  private final BlockingRedis redis;
  private final int shards;
  private final Duration staleAfter;
  private final Clock clock;

  /**
   * @param database the ledger, under a role that may read it
   * @param staleAfter the lag from which numbers are called stale
   */
  public FreshnessReader(
      Database database,
      BlockingRedis redis,
      StreamConfig streams,
      Duration staleAfter,
      Clock clock) {
    this.database = database;
    this.redis = redis;
    this.shards = streams.shards();
    this.staleAfter = staleAfter;
    this.clock = clock;
  }

  public Freshness of(int tenantId) {
    // Asked before the database: what is settled in between only makes the answer more careful.
    Instant asked = clock.instant();
    Optional<Instant> waiting = oldestWaiting(asked);
    Settled settled = settled(tenantId);
    if (settled.until == null) {
      return new Freshness(null, 0, false, settled.deadEvents);
    }
    Instant through = waiting.orElse(settled.until);
    Duration lag = Duration.between(through, clock.instant());
    return new Freshness(
        through,
        Math.max(0, lag.toMillis()) / 1_000.0,
        lag.compareTo(staleAfter) > 0,
        settled.deadEvents);
  }

  /**
   * When the oldest block that is not settled was appended; the given time when there is none, and
   * empty when Redis does not answer.
   */
  private Optional<Instant> oldestWaiting(Instant now) {
    try {
      Instant oldest = now;
      for (int shard = 0; shard < shards; shard++) {
        Response id =
            redis.send(
                Request.cmd(Command.EVAL).arg(OLDEST_ENTRY).arg(1).arg(StreamKeys.events(shard)));
        if (id != null) {
          Instant appended = Instant.ofEpochMilli(Long.parseLong(id.toString().split("-", 2)[0]));
          oldest = appended.isBefore(oldest) ? appended : oldest;
        }
      }
      return Optional.of(oldest);
    } catch (RedisUnavailableException e) {
      return Optional.empty();
    }
  }

  private record Settled(@Nullable Instant until, long deadEvents) {}

  private Settled settled(int tenantId) {
    return database.asTenant(
        tenantId,
        connection -> {
          try (PreparedStatement select =
              connection.prepareStatement(
                  "SELECT (SELECT settled_admissions_until FROM ledger.freshness WHERE tenant_id = ?),"
                      + " (SELECT count(*) FROM ledger.dead_events WHERE tenant_id = ?)")) {
            select.setInt(1, tenantId);
            select.setInt(2, tenantId);
            try (ResultSet row = select.executeQuery()) {
              row.next();
              Timestamp until = row.getTimestamp(1);
              return new Settled(until == null ? null : until.toInstant(), row.getLong(2));
            }
          }
        });
  }
}
