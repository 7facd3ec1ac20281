package dev.tokenledger.aggregation.block;

import dev.tokenledger.model.stream.Block;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/** Lets each block through once, for ever. */
public final class BlockDedup {
  private static final String CLAIM =
      "INSERT INTO ledger.settled_blocks (block_id, shard, writer, sequence, events)"
          + " VALUES (?, ?, ?, ?, ?) ON CONFLICT (block_id) DO NOTHING RETURNING block_id";

  private static final String DIVIDED =
      "SELECT block_id FROM ledger.settled_blocks WHERE block_id = ANY (?) AND divided";

  private static final String DIVIDE =
      "INSERT INTO ledger.settled_blocks (block_id, shard, writer, sequence, events, divided)"
          + " VALUES (?, ?, ?, ?, ?, true) ON CONFLICT (block_id) DO NOTHING";

  private static final String REVIVED =
      "DELETE FROM ledger.dead_events WHERE tenant_id = ANY (?) AND block_id = ANY (?)";

  /**
   * Claims the blocks within the caller's transaction. Waits for another transaction that is about
   * to settle one of them.
   *
   * @return the ids of those that were not settled before
   * @throws DividedBlockException if one of them is settled in parts
   */
  public Set<UUID> claim(Connection connection, int shard, List<EncodedBlock> blocks)
      throws SQLException {
    Set<UUID> claimed = new HashSet<>();
    List<EncodedBlock> ordered =
        blocks.stream().sorted(Comparator.comparing(EncodedBlock::id)).toList();
    try (PreparedStatement claim = connection.prepareStatement(CLAIM)) {
      for (EncodedBlock block : ordered) {
        claim.setObject(1, block.id());
        claim.setInt(2, shard);
        claim.setLong(3, block.writer());
        claim.setLong(4, block.sequence());
        claim.setInt(5, block.eventCount());
        try (ResultSet row = claim.executeQuery()) {
          if (row.next()) {
            claimed.add(block.id());
          }
        }
      }
    }
    if (claimed.size() < blocks.size()) {
      requireWhole(connection, blocks, claimed);
    }
    revive(connection, blocks, claimed);
    return claimed;
  }

  private static void requireWhole(
      Connection connection, List<EncodedBlock> blocks, Set<UUID> claimed) throws SQLException {
    Object[] others =
        blocks.stream().map(EncodedBlock::id).filter(id -> !claimed.contains(id)).toArray();
    try (PreparedStatement select = connection.prepareStatement(DIVIDED)) {
      select.setArray(1, connection.createArrayOf("uuid", others));
      try (ResultSet row = select.executeQuery()) {
        if (row.next()) {
          throw new DividedBlockException(row.getObject(1, UUID.class));
        }
      }
    }
  }

  /** What is settled is dead no more. */
  private static void revive(Connection connection, List<EncodedBlock> blocks, Set<UUID> claimed)
      throws SQLException {
    Set<Integer> tenants = new TreeSet<>();
    List<UUID> single = new ArrayList<>();
    for (EncodedBlock block : blocks) {
      if (block.eventCount() == 1 && claimed.contains(block.id())) {
        block.batches().forEach(batch -> tenants.add(batch.tenantId()));
        single.add(block.id());
      }
    }
    if (single.isEmpty()) {
      return;
    }
    try (PreparedStatement delete = connection.prepareStatement(REVIVED)) {
      delete.setArray(1, connection.createArrayOf("integer", tenants.toArray()));
      delete.setArray(2, connection.createArrayOf("uuid", single.toArray()));
      delete.executeUpdate();
    }
  }

  /** Notes that a block is settled in parts, each of which is claimed by itself. */
  public void divide(Connection connection, int shard, Block block) throws SQLException {
    try (PreparedStatement divide = connection.prepareStatement(DIVIDE)) {
      divide.setObject(1, block.id());
      divide.setInt(2, shard);
      divide.setLong(3, block.writer());
      divide.setLong(4, block.sequence());
      divide.setInt(5, 0);
      divide.executeUpdate();
    }
  }
}
