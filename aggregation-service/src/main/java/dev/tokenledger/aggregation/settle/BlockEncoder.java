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
 * memory. Only events with a value that has no number yet are kept until {@link #finish}, which
 * gives all missing numbers in one go. For one batch of blocks; not thread-safe.
 */
final class BlockEncoder {
  private final EventEncoder encoder;
  private final Dictionary dictionary;
  private final Dictionary.Missing missing = new Dictionary.Missing();
  private final List<EncodedBlock> blocks = new ArrayList<>();
  private final List<Waiting> waiting = new ArrayList<>();

  /** An event that waits for numbers of some of its values, and its place. */
  private record Waiting(
      AdmittedBatch batch, UsageEvent event, List<LedgerEvent> rows, int position) {}

  BlockEncoder(EventEncoder encoder, Dictionary dictionary) {
    this.encoder = encoder;
    this.dictionary = dictionary;
  }

  void add(Block block) {
    List<EncodedBlock.Batch> batches = new ArrayList<>(block.batches().size());
    for (AdmittedBatch admitted : block.batches()) {
      List<LedgerEvent> rows = new ArrayList<>(admitted.events().size());
      for (UsageEvent event : admitted.events()) {
        int before = missing.noted();
        rows.add(encoder.encode(admitted, event, missing));
        if (missing.noted() != before) {
          waiting.add(new Waiting(admitted, event, rows, rows.size() - 1));
        }
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
   * @param connection gives missing numbers in transactions of its own, which are committed
   */
  List<EncodedBlock> finish(Connection connection) throws SQLException {
    Dictionary.Missing open = missing;
    List<Waiting> left = waiting;
    while (!open.isEmpty()) {
      dictionary.resolve(connection, open);
      // What was resolved may have left the memory again if very many values came together.
      open = new Dictionary.Missing();
      List<Waiting> again = new ArrayList<>();
      for (Waiting event : left) {
        int before = open.noted();
        event.rows.set(event.position, encoder.encode(event.batch, event.event, open));
        if (open.noted() != before) {
          again.add(event);
        }
      }
      left = again;
    }
    return blocks;
  }
}
