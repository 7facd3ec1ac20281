package dev.tokenledger.aggregation.settle;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Lets each block through once, for ever. */
final class BlockFence {
  private static final String CLAIM =
      "INSERT INTO ledger.settled_blocks (block_id, shard, writer, sequence, events)"
          + " VALUES (?, ?, ?, ?, ?) ON CONFLICT (block_id) DO NOTHING RETURNING block_id";

  /**
   * Claims the blocks within the caller's transaction. Waits for another transaction that is about
   * to settle one of them.
   *
   * @return the ids of those that were not settled before
   */
  Set<UUID> claim(Connection connection, int shard, List<EncodedBlock> blocks) throws SQLException {
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
    return claimed;
  }
}
