package dev.tokenledger.aggregation.hot;

import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.model.rollup.HotKeys;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.platform.redis.BlockingRedis;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Request;
import io.vertx.mutiny.redis.client.Response;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * The core rollups of the current hours and days in Redis, for live pages, budgets and limits.
 *
 * <p>A value is set, never added to, and carries the version of the row it was read from: an older
 * copy does not replace a newer one, whoever writes last. What a crash between the commit in
 * Postgres and the write here has missed is made up when the block is delivered again, or by {@link
 * #rebuildIfLost}. Thread-safe; a failure is the caller's to repeat.
 */
public final class HotRollups {
  private static final Logger LOG = Logger.getLogger(HotRollups.class);

  /** Rows set in one script call, so that Redis is never held up for long. */
  private static final int MAX_FIELDS = 500;

  /** Rows that are read from Postgres and set at a time. */
  private static final int PORTION = 2_000;

  /** Sets each field unless the stored version is newer; ARGV: time to live in ms, field, value… */
  private static final String SET_NEWER =
      "for i = 2, #ARGV, 2 do "
          + "local old = redis.call('HGET', KEYS[1], ARGV[i]) "
          + "if not old or tonumber(string.match(old, '^%d+'))"
          + " <= tonumber(string.match(ARGV[i + 1], '^%d+')) "
          + "then redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end end "
          + "redis.call('PEXPIRE', KEYS[1], ARGV[1]) return 1";

  private final BlockingRedis redis;
  private final Clock clock;

  public HotRollups(BlockingRedis redis, Clock clock) {
    this.redis = redis;
    this.clock = clock;
  }

  /** A row of the core cuboid as it now is in Postgres. */
  public record Row(
      int tenantId, Grain grain, Instant bucket, long seriesId, long version, long[] values) {}

  /** A bucket of the core cuboid. */
  public record Bucket(int tenantId, Grain grain, Instant start) {}

  /** Sets rows of buckets that are current; others are left out. */
  public void set(Collection<Row> rows) {
    Map<Bucket, List<Row>> buckets = new HashMap<>();
    for (Row row : rows) {
      Bucket bucket = new Bucket(row.tenantId, row.grain, row.bucket);
      if (timeToLive(bucket).compareTo(Duration.ZERO) > 0) {
        buckets.computeIfAbsent(bucket, b -> new ArrayList<>()).add(row);
      }
    }
    List<Request> requests = new ArrayList<>();
    buckets.forEach(
        (bucket, fields) -> {
          for (int at = 0; at < fields.size(); at += MAX_FIELDS) {
            requests.add(
                request(bucket, fields.subList(at, Math.min(fields.size(), at + MAX_FIELDS))));
          }
        });
    if (!requests.isEmpty()) {
      redis.batch(requests);
    }
  }

  private Request request(Bucket bucket, List<Row> rows) {
    Request eval =
        Request.cmd(Command.EVAL)
            .arg(SET_NEWER)
            .arg(1)
            .arg(HotKeys.bucket(bucket.tenantId, bucket.grain, bucket.start))
            .arg(timeToLive(bucket).toMillis());
    for (Row row : rows) {
      eval.arg(Long.toString(row.seriesId)).arg(HotKeys.value(row.version, row.values));
    }
    return eval;
  }

  private Duration timeToLive(Bucket bucket) {
    return Duration.between(clock.instant(), bucket.start.plus(HotKeys.retention(bucket.grain)));
  }

  /** Reads buckets from Postgres and sets all of their rows. */
  public void refresh(Connection connection, Collection<Bucket> buckets) throws SQLException {
    for (Bucket bucket : buckets) {
      setAll(connection, bucket.grain, bucket.tenantId, bucket.start, bucket.start);
    }
    connection.commit();
  }

  /**
   * Fills Redis from Postgres when it has lost its contents, which the missing marker tells.
   *
   * @return whether anything had to be done
   */
  public boolean rebuildIfLost(Connection connection) throws SQLException {
    Response marker = redis.send(Request.cmd(Command.EXISTS).arg(HotKeys.COMPLETE));
    if (marker != null && marker.toInteger() == 1) {
      return false;
    }
    rebuild(connection);
    return true;
  }

  /** Fills Redis from Postgres and sets the marker that readers look for. */
  public void rebuild(Connection connection) throws SQLException {
    Instant now = clock.instant();
    int rows = 0;
    for (Grain grain : HotKeys.GRAINS) {
      Instant from = grain.floor(now.minus(HotKeys.retention(grain)));
      for (int tenantId : tenants(connection)) {
        rows += setAll(connection, grain, tenantId, from, now.plus(Duration.ofDays(1)));
      }
    }
    connection.commit();
    redis.send(Request.cmd(Command.SET).arg(HotKeys.COMPLETE).arg(now.toString()));
    LOG.infof("hot rollups rebuilt from the ledger: %d rows", rows);
  }

  private static Set<Integer> tenants(Connection connection) throws SQLException {
    Set<Integer> tenants = new HashSet<>();
    try (PreparedStatement select =
            connection.prepareStatement("SELECT tenant_id FROM ledger.freshness");
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        tenants.add(rows.getInt(1));
      }
    }
    return tenants;
  }

  /**
   * Reads rows from Postgres and sets them, a portion at a time.
   *
   * @return how many there were
   */
  private int setAll(Connection connection, Grain grain, int tenantId, Instant from, Instant until)
      throws SQLException {
    String measures =
        Arrays.stream(Measure.values()).map(Measure::column).collect(Collectors.joining(", "));
    int count = 0;
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT bucket, series_id, version, "
                + measures
                + " FROM "
                + grain.rollupTable()
                + " WHERE tenant_id = ? AND cuboid = ? AND bucket BETWEEN ? AND ?")) {
      select.setInt(1, tenantId);
      select.setInt(2, Cuboid.CORE.code());
      select.setObject(3, from.atOffset(ZoneOffset.UTC));
      select.setObject(4, until.atOffset(ZoneOffset.UTC));
      select.setFetchSize(PORTION);
      List<Row> portion = new ArrayList<>();
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          long[] values = new long[Measure.count()];
          for (int i = 0; i < values.length; i++) {
            values[i] = rows.getLong(4 + i);
          }
          portion.add(
              new Row(
                  tenantId,
                  grain,
                  rows.getTimestamp(1).toInstant(),
                  rows.getLong(2),
                  rows.getLong(3),
                  values));
          count++;
          if (portion.size() == PORTION) {
            set(portion);
            portion.clear();
          }
        }
      }
      set(portion);
    }
    return count;
  }
}
