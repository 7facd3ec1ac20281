package dev.tokenledger.aggregation.settle;

import dev.tokenledger.aggregation.dictionary.Dictionary;
import dev.tokenledger.aggregation.event.EventEncoder;
import dev.tokenledger.aggregation.event.LedgerEvent;
import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.model.stream.AdmittedBatch;
import dev.tokenledger.model.stream.Block;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns blocks into rows, one block after the other, so that what was decoded need not stay in
 * memory. Values that have no number in memory get it in one go, by {@link #finish}. For one batch
 * of blocks; not thread-safe.
 */
final class BlockEncoder {
  private final EventEncoder encoder;
  private final Dictionary dictionary;
  private final Dictionary.Missing missing = new Dictionary.Missing();
  private final List<EncodedBlock> blocks = new ArrayList<>();

  BlockEncoder(EventEncoder encoder, Dictionary dictionary) {
    this.encoder = encoder;
    this.dictionary = dictionary;
  }

  void add(Block block) {
    List<EncodedBlock.Batch> batches = new ArrayList<>(block.batches().size());
    for (AdmittedBatch admitted : block.batches()) {
      List<LedgerEvent> rows = new ArrayList<>(admitted.events().size());
      for (UsageEvent event : admitted.events()) {
        rows.add(encoder.encode(admitted, event, missing));
      }
      batches.add(
          new EncodedBlock.Batch(
              admitted.tenantId(),
              admitted.source(),
              admitted.admittedAtMicros(),
              admitted.rejected(),
              admitted.links(),
              rows));
    }
    blocks.add(new EncodedBlock(block.id(), block.writer(), block.sequence(), batches));
  }

  /**
   * The blocks in the order in which they were added.
   *
   * @param connection gives missing numbers in a transaction of its own, which is committed
   */
  List<EncodedBlock> finish(Connection connection) throws SQLException {
    if (!missing.isEmpty()) {
      dictionary.resolve(connection, missing);
    }
    return blocks;
  }
}
