package dev.tokenledger.aggregation.settle;

import dev.tokenledger.aggregation.block.BlockDedup;
import dev.tokenledger.aggregation.block.BlockEncoder;
import dev.tokenledger.aggregation.block.EncodedBlock;
import dev.tokenledger.aggregation.dictionary.Dictionary;
import dev.tokenledger.aggregation.event.EventEncoder;
import dev.tokenledger.aggregation.event.EventStore;
import dev.tokenledger.aggregation.event.LedgerEvent;
import dev.tokenledger.aggregation.event.Partitions;
import dev.tokenledger.aggregation.event.StoredEvents;
import dev.tokenledger.aggregation.hot.HotRollups;
import dev.tokenledger.aggregation.identity.EventDedup;
import dev.tokenledger.aggregation.rollup.RollupDelta;
import dev.tokenledger.aggregation.rollup.RollupWriter;
import dev.tokenledger.model.stream.Block;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Settles blocks: what they hold is deduplicated, stored and rolled up in one transaction, all of
 * it or nothing. Settling a block again changes nothing.
 *
 * <p>Two fences make the effect exactly once. The block's id, claimed in the transaction, catches a
 * block that is delivered again; the event's identity, claimed in the same transaction, catches an
 * event that was sent again. Neither claim outlives a transaction that fails.
 *
 * <p>Thread-safe; each caller brings connections of its own that were {@link #prepare prepared}.
 */
public final class Settlement {
  private final Dictionary dictionary;
  private final EventEncoder encoder;
  private final EventStore events;
  private final RollupWriter rollups;
  private final BlockDedup blockFence;
  private final EventDedup eventFence;
  private final Partitions partitions;
  private final CompletenessWriter completeness;
  private final WrapperResolution traces;
  private final Corrections corrections;

  public Settlement(
      Dictionary dictionary,
      EventStore events,
      RollupWriter rollups,
      BlockDedup blockFence,
      EventDedup eventFence,
      Partitions partitions,
      CompletenessWriter completeness,
      WrapperResolution traces,
      Corrections corrections) {
    this.dictionary = dictionary;
    this.encoder = new EventEncoder(dictionary);
    this.events = events;
    this.rollups = rollups;
    this.blockFence = blockFence;
    this.eventFence = eventFence;
    this.partitions = partitions;
    this.completeness = completeness;
    this.traces = traces;
    this.corrections = corrections;
  }

  /**
   * The connections of one consumer.
   *
   * @param settling carries the transaction
   * @param naming gives numbers to new values and series and makes partitions, each in a
   *     transaction of its own that is committed whatever becomes of the settlement
   */
  record Connections(Connection settling, Connection naming) {}

  /** Makes new connections fit for settling. */
  void prepare(Connections connections) throws SQLException {
    connections.settling.setAutoCommit(false);
    connections.naming.setAutoCommit(false);
    eventFence.prepare(connections.settling);
    rollups.prepare(connections.settling);
    connections.settling.commit();
  }

  /** Begins a batch. */
  BlockEncoder encoder() {
    return new BlockEncoder(encoder, dictionary);
  }

  /**
   * Settles blocks and commits.
   *
   * @param shard the stream they came from
   * @param encoder made by {@link #encoder}, holding the blocks
   * @throws SQLException if nothing was settled; the transaction is rolled back
   */
  SettledBatch settle(Connections connections, int shard, BlockEncoder encoder)
      throws SQLException {
    try {
      List<EncodedBlock> blocks = encoder.finish(connections.naming);
      partitions.ensure(connections.naming, events(blocks));
      SettledBatch result = settle(connections, shard, blocks);
      connections.settling.commit();
      return result;
    } catch (SQLException | RuntimeException e) {
      rollback(connections.naming, e);
      rollback(connections.settling, e);
      throw e;
    }
  }

  private SettledBatch settle(Connections connections, int shard, List<EncodedBlock> blocks)
      throws SQLException {
    Connection connection = connections.settling;
    Set<UUID> claimedBlocks = blockFence.claim(connection, shard, blocks);
    List<EncodedBlock> settled = new ArrayList<>();
    List<EncodedBlock> before = new ArrayList<>();
    blocks.forEach(block -> (claimedBlocks.contains(block.id()) ? settled : before).add(block));
    List<EncodedBlock.Batch> batches = settled.stream().flatMap(b -> b.batches().stream()).toList();
    EventDedup.Claimed claimed = eventFence.claim(connection, events(settled));

    RollupDelta delta = new RollupDelta();
    WrapperResolution.Decisions decisions = traces.decide(connection, batches, events(settled));
    PersonHashes people = PersonHashes.read(connection, decisions.ofEvents());
    List<LedgerEvent> placed = corrections.complete(connection, claimed.fresh(), decisions, people);
    events.insert(connection, placed);
    placed.forEach(delta::add);
    List<StoredEvents.Change> amended =
        corrections.apply(connection, claimed.repeated(), decisions, people, delta);

    List<HotRollups.Row> core =
        rollups.write(connection, connections.naming, delta, tenants(settled));
    completeness.write(connection, batches, identitySet(claimed.repeated()), amended);
    return new SettledBatch(settled.size(), placed.size(), tenants(blocks), core, events(before));
  }

  /**
   * Notes that a block is settled in parts from now on, and commits. Settling it as a whole fails
   * from then on, so that what is left of it is not taken for settled.
   */
  void divide(Connections connections, int shard, Block block) throws SQLException {
    try {
      blockFence.divide(connections.settling, shard, block);
      connections.settling.commit();
    } catch (SQLException e) {
      rollback(connections.settling, e);
      throw e;
    }
  }

  private static List<LedgerEvent> events(List<EncodedBlock> blocks) {
    List<LedgerEvent> events = new ArrayList<>();
    for (EncodedBlock block : blocks) {
      block.batches().forEach(batch -> events.addAll(batch.events()));
    }
    return events;
  }

  private static SortedSet<Integer> tenants(List<EncodedBlock> blocks) {
    SortedSet<Integer> tenants = new TreeSet<>();
    for (EncodedBlock block : blocks) {
      block.batches().forEach(batch -> tenants.add(batch.tenantId()));
    }
    return tenants;
  }

  private static Set<LedgerEvent> identitySet(List<LedgerEvent> events) {
    Set<LedgerEvent> set = Collections.newSetFromMap(new IdentityHashMap<>());
    set.addAll(events);
    return set;
  }

  private static void rollback(Connection connection, Exception failure) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      failure.addSuppressed(e);
    }
  }
}
