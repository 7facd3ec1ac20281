package dev.tokenledger.reporting.freshness;

import dev.tokenledger.model.stream.StreamKeys;
import dev.tokenledger.platform.StreamConfig;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.redis.BlockingRedis;
import dev.tokenledger.platform.redis.RedisUnavailableException;
import dev.tokenledger.reporting.ReportingConfig;
import dev.tokenledger.reporting.ReportingStart;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Request;
import io.vertx.mutiny.redis.client.Response;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Reads how far a tenant's numbers go. While the event streams are empty, everything that was
 * accepted is settled, and the numbers are those of now; otherwise they go as far as the last
 * admission that was settled. When Redis cannot be asked, the latter is told as well.
 */
@ApplicationScoped
public class FreshnessReader {
  private final Database database;
  private final BlockingRedis redis;
  private final int shards;
  private final Duration staleAfter;
  private final Clock clock;

  public FreshnessReader(
      ReportingStart start,
      BlockingRedis redis,
      StreamConfig streams,
      ReportingConfig config,
      Clock clock) {
    this.database = start.database();
    this.redis = redis;
    this.shards = streams.shards();
    this.staleAfter = config.staleAfter();
    this.clock = clock;
  }

  public Freshness of(int tenantId) {
    // Asked before the database: what is settled in between only makes the answer more careful.
    boolean allSettled = streamsAreEmpty();
    Optional<Instant> settled = settledUntil(tenantId);
    Instant now = clock.instant();
    if (settled.isEmpty()) {
      return new Freshness(null, 0, false);
    }
    Instant through = allSettled ? now : settled.get();
    Duration lag = Duration.between(through, now);
    return new Freshness(
        through, Math.max(0, lag.toMillis()) / 1_000.0, lag.compareTo(staleAfter) > 0);
  }

  private boolean streamsAreEmpty() {
    try {
      for (int shard = 0; shard < shards; shard++) {
        Response length = redis.send(Request.cmd(Command.XLEN).arg(StreamKeys.events(shard)));
        if (length != null && length.toLong() > 0) {
          return false;
        }
      }
      return true;
    } catch (RedisUnavailableException e) {
      return false;
    }
  }

  private Optional<Instant> settledUntil(int tenantId) {
    return database.asTenant(
        tenantId,
        connection -> {
          try (PreparedStatement select =
              connection.prepareStatement(
                  "SELECT settled_admissions_until FROM ledger.freshness WHERE tenant_id = ?")) {
            select.setInt(1, tenantId);
            try (ResultSet row = select.executeQuery()) {
              return row.next() ? Optional.of(row.getTimestamp(1).toInstant()) : Optional.empty();
            }
          }
        });
  }
}
