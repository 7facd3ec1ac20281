package dev.tokenledger.aggregation.settle;

import dev.tokenledger.aggregation.AggregationConfig;
import dev.tokenledger.aggregation.block.BlockEncoder;
import dev.tokenledger.aggregation.block.BlockParts;
import dev.tokenledger.aggregation.block.BlockStream;
import dev.tokenledger.aggregation.block.DividedBlockException;
import dev.tokenledger.aggregation.deadletter.DeadEvents;
import dev.tokenledger.aggregation.deadletter.DeadLetters;
import dev.tokenledger.aggregation.event.LedgerEvent;
import dev.tokenledger.aggregation.hot.ChangeFeed;
import dev.tokenledger.aggregation.hot.HotRollups;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.model.rollup.HotKeys;
import dev.tokenledger.model.stream.Block;
import dev.tokenledger.model.stream.BlockCodec;
import dev.tokenledger.model.stream.CorruptBytesException;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.memory.ByteBudget;
import dev.tokenledger.platform.redis.RedisUnavailableException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The loop that settles one shard, on a thread of its own: read blocks, settle them, bring up the
 * hot rollups, acknowledge, announce. A block is acknowledged only after its effect is durable;
 * what was read and not acknowledged is delivered again, to this consumer when it comes back or to
 * another one that takes it over.
 *
 * <p>A batch is as large as the memory that settling it takes, which its events tell (see {@link
 * BatchSize}), and that memory is leased before.
 *
 * <p>Failures: a store that is away is waited for, however long, and nothing is given up. Whatever
 * else fails is tried again with half as much, down to a part of a block and in the end to a single
 * event; so a backlog is settled whatever it is made of, and an event that fails by itself is kept
 * as a dead letter alone. Batches grow again with each that succeeds.
 */
public final class ShardConsumer implements Runnable {
  private static final Logger LOG = Logger.getLogger(ShardConsumer.class);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

  /** How often a batch is tried again unchanged when another transaction got in its way. */
  private static final int MAX_CONFLICTS = 3;

  /** What the raw bytes of a block become while it is decoded. */
  private static final int DECODED = 4;

  private final int shard;
  private final BlockStream stream;
  private final Settlement settlement;
  private final HotRollups hot;
  private final DeadLetters deadLetters;
  private final ChangeFeed changes;
  private final Database database;
  private final AggregationConfig config;
  private final SettleMetrics metrics;
  private final SettlementProgress progress;
  private final ByteBudget budget;
  private final long maxBytes;

  /** Read and not settled yet; its blocks are pending in the stream. */
  private final Deque<BlockStream.Entry> waiting = new ArrayDeque<>();

  /** Events that the next batch may have; halved by each failure. */
  private int limit;

  private int conflicts;

  private volatile boolean stopping;
  private Settlement.@Nullable Connections connections;

  /**
   * @param maxBytes the memory of one batch
   */
  public ShardConsumer(
      int shard,
      BlockStream stream,
      Settlement settlement,
      HotRollups hot,
      DeadLetters deadLetters,
      ChangeFeed changes,
      Database database,
      AggregationConfig config,
      SettleMetrics metrics,
      SettlementProgress progress,
      ByteBudget budget,
      long maxBytes) {
    this.shard = shard;
    this.stream = stream;
    this.settlement = settlement;
    this.hot = hot;
    this.deadLetters = deadLetters;
    this.changes = changes;
    this.database = database;
    this.config = config;
    this.metrics = metrics;
    this.progress = progress;
    this.budget = budget;
    this.maxBytes = maxBytes;
    this.limit = config.maxBatchEvents();
  }

  /** Ends the loop after what is being settled. */
  public void stop() {
    stopping = true;
  }

  @Override
  public void run() {
    Duration pause = FIRST_PAUSE;
    while (!stopping) {
      try {
        long started = System.nanoTime();
        Round round = round();
        progress.went(shard);
        progress.behind(shard, round.behind);
        pause = FIRST_PAUSE;
        if (round.waits && !stopping) {
          pause(config.settleInterval().minusNanos(System.nanoTime() - started));
        }
      } catch (Exception e) {
        metrics.failed(shard);
        progress.failed(shard, describe(e));
        progress.behind(shard, false);
        if (!stopping) {
          LOG.warnf("shard %d will be tried again in %s: %s", shard, pause, describe(e));
          LOG.debugf(e, "shard %d", shard);
        }
        closeConnections();
        waiting.clear();
        stream.forgetPosition();
        pause(pause);
        pause = pause.multipliedBy(2);
        pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
      }
    }
    progress.behind(shard, false);
    closeConnections();
  }

  /**
   * @param waits whether so little came that more company is worth a wait
   * @param behind whether more waits than one batch takes
   */
  private record Round(boolean waits, boolean behind) {}

  /** Settles what can be read. */
  private Round round() throws SQLException, InterruptedException {
    if (waiting.isEmpty()) {
      waiting.addAll(stream.read());
    }
    if (waiting.isEmpty()) {
      return new Round(false, false);
    }
    Settlement.Connections open = connections();
    if (hot.rebuildIfLost(open.naming())) {
      LOG.infof("Redis had lost the hot rollups; shard %d has rebuilt them", shard);
    }
    try (ByteBudget.Lease lease = budget.lease(ByteBudget.Use.SETTLING)) {
      lease.await(maxBytes);
      return settleNext(open);
    }
  }

  private Round settleNext(Settlement.Connections open) throws SQLException {
    BlockEncoder encoder = settlement.encoder();
    List<BlockStream.Entry> batch = new ArrayList<>();
    while (!waiting.isEmpty() && encoder.size().events() < limit) {
      BlockStream.Entry entry = waiting.peek();
      long decoded = payloadBytes(entry) * DECODED;
      if (!batch.isEmpty() && encoder.size().bytes() + decoded > maxBytes) {
        break;
      }
      @Nullable Block block = decode(entry);
      if (block == null) {
        waiting.remove();
        continue;
      }
      int events = block.eventCount();
      if (!batch.isEmpty() && encoder.size().events() + events > limit) {
        break;
      }
      if (events > limit || decoded > maxBytes) {
        waiting.remove();
        settleInParts(open, entry, block);
        return new Round(false, true);
      }
      encoder.add(block);
      batch.add(waiting.remove());
    }
    if (batch.isEmpty()) {
      return new Round(false, true);
    }
    int events = encoder.size().events();
    try {
      finish(batch, metrics.time(shard, () -> settlement.settle(open, shard, encoder)));
    } catch (SQLException | RuntimeException e) {
      failed(open, batch, events, e);
      return new Round(false, true);
    }
    conflicts = 0;
    limit = Math.min(config.maxBatchEvents(), limit * 2);
    boolean full = !waiting.isEmpty() || events >= config.maxBatchEvents() / 2;
    return new Round(!full, full);
  }

  /** Puts back what failed, to be tried with less; what cannot be less is settled in parts. */
  private void failed(
      Settlement.Connections open, List<BlockStream.Entry> batch, int events, Exception e)
      throws SQLException {
    if (isOutage(e)) {
      rethrow(e);
    }
    metrics.failed(shard);
    if (isConflict(e) && ++conflicts <= MAX_CONFLICTS) {
      putBack(batch);
      return;
    }
    conflicts = 0;
    if (batch.size() > 1) {
      LOG.warnf(
          "shard %d tries %d blocks again in smaller batches: %s",
          shard, batch.size(), describe(e));
      limit = e instanceof DividedBlockException ? 1 : Math.max(1, events / 2);
      putBack(batch);
      return;
    }
    BlockStream.Entry entry = batch.get(0);
    @Nullable Block block = decode(entry);
    if (block != null) {
      if (!(e instanceof DividedBlockException)) {
        LOG.warnf("shard %d settles block %s in parts: %s", shard, block.id(), describe(e));
      }
      settleInParts(open, entry, block);
    }
  }

  private void putBack(List<BlockStream.Entry> batch) {
    for (int i = batch.size() - 1; i >= 0; i--) {
      waiting.addFirst(batch.get(i));
    }
  }

  /** Settles a block part by part, each as large as it can be, and acknowledges it in the end. */
  private void settleInParts(Settlement.Connections open, BlockStream.Entry entry, Block block)
      throws SQLException {
    settlement.divide(open, shard, block);
    BlockParts parts = new BlockParts(block);
    long each = Math.max(1, payloadBytes(entry) * DECODED / Math.max(1, parts.size()));
    int most =
        (int) Math.max(1, Math.min(config.maxBatchEvents() / 4, maxBytes / Math.max(each, 7_000)));
    int size = Math.max(1, Math.min(most, parts.size()));
    for (int from = 0; from < parts.size(); ) {
      int until = Math.min(parts.size(), from + size);
      Block part = parts.part(from, until);
      try {
        settlePart(open, part);
        from = until;
        size = Math.min(most, size * 2);
      } catch (SQLException | RuntimeException e) {
        if (isOutage(e)) {
          rethrow(e);
        }
        if (until - from > 1) {
          size = Math.max(1, (until - from) / 2);
        } else {
          settleAlone(open, entry, part, e);
          from = until;
        }
      }
    }
    stream.acknowledge(List.of(entry));
    limit = Math.min(config.maxBatchEvents(), Math.max(limit, 1_000) * 2);
  }

  private void settlePart(Settlement.Connections open, Block part) throws SQLException {
    BlockEncoder encoder = settlement.encoder();
    encoder.add(part);
    publish(metrics.time(shard, () -> settlement.settle(open, shard, encoder)));
    progress.went(shard);
  }

  /** Tries a single event again; one that fails of itself is kept as a dead letter. */
  private void settleAlone(
      Settlement.Connections open, BlockStream.Entry entry, Block part, Exception first)
      throws SQLException {
    Exception last = first;
    for (int attempt = 2; attempt <= config.maxAttempts(); attempt++) {
      pause(FIRST_PAUSE);
      try {
        settlePart(open, part);
        return;
      } catch (SQLException | RuntimeException e) {
        if (isOutage(e)) {
          rethrow(e);
        }
        last = e;
      }
    }
    if (lacksRoom(last) || isConflict(last)) {
      // Not this event's fault: with less than one event nothing can be settled.
      rethrow(last);
    }
    bury(open, entry, part, last);
  }

  private void bury(
      Settlement.Connections open, BlockStream.Entry entry, Block part, Exception reason)
      throws SQLException {
    String why = describe(reason);
    LOG.errorf(
        reason,
        "an event of block %s cannot be settled and is kept as a dead letter: %s",
        part.id(),
        why);
    deadLetters.bury(shard, entry.id(), part.id().toString(), BlockCodec.encode(part), why);
    try {
      DeadEvents.note(open.naming(), part, why);
      open.naming().commit();
    } catch (SQLException e) {
      open.naming().rollback();
      if (isOutage(e)) {
        throw e;
      }
      LOG.warnf("the dead letter of block %s is not listed by tenant: %s", part.id(), describe(e));
    }
    metrics.buried(shard);
  }

  /** The block of an entry, or null for one that cannot be read and was buried. */
  private @Nullable Block decode(BlockStream.Entry entry) {
    try {
      return BlockCodec.decode(entry.bytes());
    } catch (CorruptBytesException e) {
      LOG.errorf("entry %s of shard %d cannot be read: %s", entry.id(), shard, describe(e));
      deadLetters.bury(shard, entry.id(), entry.id(), entry.bytes(), describe(e));
      stream.acknowledge(List.of(entry));
      metrics.buried(shard);
      return null;
    }
  }

  private static long payloadBytes(BlockStream.Entry entry) {
    try {
      return BlockCodec.payloadBytes(entry.bytes());
    } catch (CorruptBytesException e) {
      // Decoding it says so.
      return 0;
    }
  }

  private void finish(List<BlockStream.Entry> entries, SettledBatch settled) throws SQLException {
    publish(settled);
    stream.acknowledge(entries);
  }

  private void publish(SettledBatch settled) throws SQLException {
    hot.set(settled.core());
    if (!settled.repeated().isEmpty()) {
      hot.refresh(connections().naming(), buckets(settled.repeated()));
    }
    changes.announce(settled.tenants());
    metrics.settled(shard, settled);
  }

  private static void rethrow(Exception e) throws SQLException {
    if (e instanceof SQLException sql) {
      throw sql;
    }
    throw (RuntimeException) e;
  }

  /** Whether a store is away, so that nothing helps but to wait. */
  private static boolean isOutage(Exception e) {
    return e instanceof RedisUnavailableException
        || e instanceof SQLException sql && Database.isAway(sql);
  }

  /** Whether two transactions got in each other's way. */
  private static boolean isConflict(Exception e) {
    return e instanceof SQLException sql && Database.isTransient(sql);
  }

  /** Whether the store lacks memory, locks, connections or time for the statement. */
  private static boolean lacksRoom(Exception e) {
    if (!(e instanceof SQLException sql) || sql.getSQLState() == null) {
      return false;
    }
    String state = sql.getSQLState();
    return state.startsWith("53") || state.startsWith("57") || state.startsWith("55");
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

  /** Without the lines that follow in a database's message: they may hold the event. */
  private static String describe(Exception e) {
    String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    return e instanceof SQLException sql
        ? sql.getSQLState() + " " + message
        : e.getClass().getSimpleName() + ": " + message;
  }
}
