package dev.tokenledger.aggregation.settle;

import dev.tokenledger.aggregation.dictionary.Dictionary;
import dev.tokenledger.aggregation.dictionary.SeriesCatalogue;
import dev.tokenledger.aggregation.dictionary.SeriesKey;
import dev.tokenledger.aggregation.event.EventEncoder;
import dev.tokenledger.aggregation.event.LedgerEvent;
import dev.tokenledger.aggregation.hot.HotRollups;
import dev.tokenledger.aggregation.rollup.RollupDelta;
import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.model.stream.AdmittedBatch;
import dev.tokenledger.model.stream.Block;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
final class Settlement {
  private final Dictionary dictionary;
  private final SeriesCatalogue series;
  private final EventEncoder encoder;
  private final EventStore events;
  private final RollupWriter rollups;
  private final BlockFence blocks;
  private final CompletenessWriter completeness;
  private final TracePlacement traces;
  private final Amendments amendments;

  Settlement(
      Dictionary dictionary,
      SeriesCatalogue series,
      EventStore events,
      RollupWriter rollups,
      BlockFence blocks,
      CompletenessWriter completeness,
      TracePlacement traces,
      Amendments amendments) {
    this.dictionary = dictionary;
    this.series = series;
    this.encoder = new EventEncoder(dictionary);
    this.events = events;
    this.rollups = rollups;
    this.blocks = blocks;
    this.completeness = completeness;
    this.traces = traces;
    this.amendments = amendments;
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
    events.prepare(connections.settling);
    rollups.prepare(connections.settling);
    connections.settling.commit();
  }

  /**
   * Settles blocks and commits.
   *
   * @param shard the stream they came from
   * @throws SQLException if nothing was settled; the transaction is rolled back
   */
  SettledBatch settle(Connections connections, int shard, List<Block> batch) throws SQLException {
    try {
      List<Encoded> encoded = encode(connections.naming, batch);
      List<LedgerEvent> all = new ArrayList<>();
      encoded.forEach(e -> all.addAll(e.events));
      events.ensurePartitions(connections.naming, all);
      SettledBatch result = settleEncoded(connections, shard, batch, encoded);
      connections.settling.commit();
      return result;
    } catch (SQLException | RuntimeException e) {
      rollback(connections.naming, e);
      rollback(connections.settling, e);
      throw e;
    }
  }

  /** What was admitted of one request, with its events as rows. */
  record Encoded(UUID blockId, AdmittedBatch batch, List<LedgerEvent> events) {}

  private List<Encoded> encode(Connection connection, List<Block> batch) throws SQLException {
    while (true) {
      Dictionary.Missing missing = new Dictionary.Missing();
      List<Encoded> encoded = new ArrayList<>();
      for (Block block : batch) {
        for (AdmittedBatch admitted : block.batches()) {
          List<LedgerEvent> rows = new ArrayList<>(admitted.events().size());
          for (UsageEvent event : admitted.events()) {
            rows.add(encoder.encode(admitted, event, missing));
          }
          encoded.add(new Encoded(block.id(), admitted, rows));
        }
      }
      if (missing.isEmpty()) {
        return encoded;
      }
      dictionary.resolve(connection, missing);
    }
  }

  private SettledBatch settleEncoded(
      Connections connections, int shard, List<Block> batch, List<Encoded> encoded)
      throws SQLException {
    Connection connection = connections.settling;
    Set<UUID> fresh = blocks.claim(connection, shard, batch);
    Map<EventStore.Identity, LedgerEvent> first = new LinkedHashMap<>();
    List<LedgerEvent> updates = new ArrayList<>();
    List<Encoded> freshBatches = new ArrayList<>();
    for (Encoded e : encoded) {
      if (!fresh.contains(e.blockId)) {
        continue;
      }
      freshBatches.add(e);
      for (LedgerEvent event : e.events) {
        if (first.putIfAbsent(EventStore.Identity.of(event), event) != null && event.amends()) {
          updates.add(event);
        }
      }
    }
    Set<EventStore.Identity> claimed =
        first.isEmpty() ? Set.of() : events.claim(connection, first.values());
    List<LedgerEvent> stored = new ArrayList<>(claimed.size());
    first.forEach(
        (identity, event) -> {
          if (claimed.contains(identity)) {
            stored.add(event);
          } else {
            updates.add(event);
          }
        });

    RollupDelta delta = new RollupDelta();
    List<LedgerEvent> placed = traces.place(connection, freshBatches, stored, delta);
    events.insert(connection, placed);
    placed.forEach(delta::add);
    Set<EventStore.Identity> amended = amendments.apply(connection, updates, delta);

    RollupDelta.Rows rows = delta.rows();
    Map<SeriesKey, Long> ids = series.resolve(connections.naming, rows.series());
    // Last come the rows that every batch of a tenant touches: they are held the shorter.
    List<HotRollups.Row> core = rollups.write(connection, rows, ids);
    completeness.write(connection, freshBatches, claimed, amended);
    return new SettledBatch(
        fresh.size(), placed.size(), tenants(encoded), core, repeated(encoded, fresh));
  }

  /** The events of blocks that were settled before: their hot rollups may have been missed. */
  private static List<LedgerEvent> repeated(List<Encoded> encoded, Set<UUID> fresh) {
    List<LedgerEvent> repeated = new ArrayList<>();
    for (Encoded e : encoded) {
      if (!fresh.contains(e.blockId)) {
        repeated.addAll(e.events);
      }
    }
    return repeated;
  }

  private static Set<Integer> tenants(List<Encoded> encoded) {
    Set<Integer> tenants = new HashSet<>();
    encoded.forEach(e -> tenants.add(e.batch.tenantId()));
    return tenants;
  }

  private static void rollback(Connection connection, Exception failure) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      failure.addSuppressed(e);
    }
  }
}
