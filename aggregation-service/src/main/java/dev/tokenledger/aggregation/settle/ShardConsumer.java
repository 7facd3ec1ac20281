package dev.tokenledger.aggregation.settle;

import dev.tokenledger.aggregation.AggregationConfig;
import dev.tokenledger.aggregation.deadletter.DeadLetters;
import dev.tokenledger.aggregation.event.LedgerEvent;
import dev.tokenledger.aggregation.hot.HotRollups;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.model.rollup.HotKeys;
import dev.tokenledger.model.stream.Block;
import dev.tokenledger.model.stream.BlockCodec;
import dev.tokenledger.model.stream.CorruptBytesException;
import dev.tokenledger.platform.database.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The loop that settles one shard, on a thread of its own: read blocks, settle them, bring up the
 * hot rollups, acknowledge, announce. A block is acknowledged only after its effect is durable;
 * what was read and not acknowledged is delivered again, to this consumer when it comes back or to
 * another one that takes it over.
 *
 * <p>Failures: a store that is away is waited for, however long, and nothing is given up. A block
 * whose settlement fails for another reason is tried alone a few times and then becomes a dead
 * letter; the blocks beside it are settled.
 */
final class ShardConsumer implements Runnable {
  private static final Logger LOG = Logger.getLogger(ShardConsumer.class);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

  private final int shard;
  private final BlockStream stream;
  private final Settlement settlement;
  private final HotRollups hot;
  private final DeadLetters deadLetters;
  private final ChangeFeed changes;
  private final Database database;
  private final AggregationConfig config;
  private final SettleMetrics metrics;
  private final Map<String, Integer> attempts = new HashMap<>();

  private volatile boolean stopping;
  private Settlement.@Nullable Connections connections;

  ShardConsumer(
      int shard,
      BlockStream stream,
      Settlement settlement,
      HotRollups hot,
      DeadLetters deadLetters,
      ChangeFeed changes,
      Database database,
      AggregationConfig config,
      SettleMetrics metrics) {
    this.shard = shard;
    this.stream = stream;
    this.settlement = settlement;
    this.hot = hot;
    this.deadLetters = deadLetters;
    this.changes = changes;
    this.database = database;
    this.config = config;
    this.metrics = metrics;
  }

  /** Ends the loop after what is being settled. */
  void stop() {
    stopping = true;
  }

  @Override
  public void run() {
    Duration pause = FIRST_PAUSE;
    while (!stopping) {
      try {
        long started = System.nanoTime();
        int events = round();
        pause = FIRST_PAUSE;
        if (events > 0 && events < config.maxBatchEvents() / 2 && !stopping) {
          pause(config.settleInterval().minusNanos(System.nanoTime() - started));
        }
      } catch (Exception e) {
        metrics.failed(shard);
        if (!stopping) {
          LOG.warnf("shard %d will be tried again in %s: %s", shard, pause, describe(e));
          LOG.debugf(e, "shard %d", shard);
        }
        closeConnections();
        stream.forgetPosition();
        pause(pause);
        pause = pause.multipliedBy(2);
        pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
      }
    }
    closeConnections();
  }

  /**
   * Settles what can be read.
   *
   * @return the events in it
   */
  private int round() throws SQLException {
    List<BlockStream.Entry> entries = stream.read(config.maxBatchEvents());
    if (entries.isEmpty()) {
      return 0;
    }
    Settlement.Connections open = connections();
    if (hot.rebuildIfLost(open.naming())) {
      LOG.infof("Redis had lost the hot rollups; shard %d has rebuilt them", shard);
    }
    BlockEncoder encoder = settlement.encoder();
    List<BlockStream.Entry> readable = new ArrayList<>(entries);
    int events = 0;
    try {
      for (BlockStream.Entry entry : entries) {
        @Nullable Block block = decode(entry);
        if (block == null) {
          readable.remove(entry);
        } else {
          events += block.eventCount();
          encoder.add(block);
        }
      }
      if (readable.isEmpty()) {
        return 0;
      }
      stream.observe(readable.size(), events);
      finish(readable, metrics.time(shard, () -> settlement.settle(open, shard, encoder)));
    } catch (SQLException | RuntimeException e) {
      if (mayPass(e)) {
        throw e;
      }
      LOG.warnf("shard %d settles %d blocks one by one: %s", shard, readable.size(), describe(e));
      for (BlockStream.Entry entry : readable) {
        settleAlone(open, entry);
      }
    }
    return events;
  }

  /** The block of an entry, or null for one that cannot be read and was buried. */
  private @Nullable Block decode(BlockStream.Entry entry) {
    try {
      return BlockCodec.decode(entry.bytes());
    } catch (CorruptBytesException e) {
      bury(entry, e);
      return null;
    }
  }

  /** Settles one block; one that fails of itself is buried after a number of attempts. */
  private void settleAlone(Settlement.Connections open, BlockStream.Entry entry)
      throws SQLException {
    @Nullable Block block = decode(entry);
    if (block == null) {
      return;
    }
    try {
      BlockEncoder encoder = settlement.encoder();
      encoder.add(block);
      finish(List.of(entry), settlement.settle(open, shard, encoder));
      attempts.remove(entry.id());
    } catch (SQLException | RuntimeException e) {
      if (mayPass(e)) {
        throw e;
      }
      int tried = attempts.merge(entry.id(), 1, Integer::sum);
      LOG.warnf("block %s failed, attempt %d: %s", block.id(), tried, describe(e));
      if (tried >= config.maxAttempts()) {
        bury(entry, e);
        attempts.remove(entry.id());
      } else {
        // Read again with what else is pending, after the others had their turn.
        stream.forgetPosition();
      }
    }
  }

  private void finish(List<BlockStream.Entry> entries, SettledBatch settled) throws SQLException {
    hot.set(settled.core());
    if (!settled.repeated().isEmpty()) {
      hot.refresh(connections().naming(), buckets(settled.repeated()));
    }
    stream.acknowledge(entries);
    changes.announce(settled.tenants());
    metrics.settled(shard, settled);
  }

  private void bury(BlockStream.Entry entry, Exception reason) {
    deadLetters.bury(shard, entry.id(), entry.bytes(), describe(reason));
    stream.acknowledge(List.of(entry));
    metrics.buried(shard);
  }

  /** Whether waiting helps: the store is away, or two transactions got in each other's way. */
  private static boolean mayPass(Exception e) {
    if (e instanceof SQLException sql) {
      return Database.isUnavailable(sql) || Database.isTransient(sql);
    }
    return e instanceof dev.tokenledger.platform.redis.RedisUnavailableException;
  }

  private static Set<HotRollups.Bucket> buckets(List<LedgerEvent> events) {
    Set<HotRollups.Bucket> buckets = new HashSet<>();
    for (LedgerEvent event : events) {
      for (Grain grain : HotKeys.GRAINS) {
        buckets.add(
            new HotRollups.Bucket(
                event.tenantId(),
                grain,
                Instant.ofEpochSecond(grain.floorSecond(event.epochSecond()))));
      }
    }
    return buckets;
  }

  private Settlement.Connections connections() throws SQLException {
    Settlement.Connections open = connections;
    if (open == null) {
      Connection settling = database.connect();
      try {
        open = new Settlement.Connections(settling, database.connect());
      } catch (SQLException e) {
        settling.close();
        throw e;
      }
      connections = open;
      settlement.prepare(open);
    }
    return open;
  }

  private void closeConnections() {
    Settlement.Connections open = connections;
    connections = null;
    if (open != null) {
      close(open.settling());
      close(open.naming());
    }
  }

  private void close(Connection connection) {
    try {
      if (!connection.isClosed()) {
        connection.rollback();
      }
      connection.close();
    } catch (SQLException e) {
      LOG.debugf(e, "closing a connection of shard %d", shard);
    }
  }

  private void pause(Duration duration) {
    try {
      Thread.sleep(Math.max(0, duration.toMillis()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stopping = true;
    }
  }

  private static String describe(Exception e) {
    return e instanceof SQLException sql
        ? sql.getSQLState() + " " + e.getMessage()
        : e.getClass().getSimpleName() + ": " + e.getMessage();
  }
}
