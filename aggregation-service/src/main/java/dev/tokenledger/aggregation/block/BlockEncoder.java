package dev.tokenledger.aggregation.block;

import dev.tokenledger.aggregation.dictionary.Dictionary;
import dev.tokenledger.aggregation.event.EventEncoder;
import dev.tokenledger.aggregation.event.LedgerEvent;
import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.model.stream.AdmittedBatch;
import dev.tokenledger.model.stream.Block;
import dev.tokenledger.model.trace.SpanLink;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns blocks into rows, one block after the other, so that what was decoded need not stay in
 * memory, and tells how much memory it will take to settle them. Values that have no number in
 * memory get it in one go, by {@link #finish}. For one batch of blocks; not thread-safe.
 */
public final class BlockEncoder {
  private final EventEncoder encoder;
  private final Dictionary dictionary;
  private final Dictionary.Missing missing = new Dictionary.Missing();
  private final List<EncodedBlock> blocks = new ArrayList<>();
  private final BatchSize size = new BatchSize();

  public BlockEncoder(EventEncoder encoder, Dictionary dictionary) {
    this.encoder = encoder;
    this.dictionary = dictionary;
  }

  public void add(Block block) {
    List<EncodedBlock.Batch> batches = new ArrayList<>(block.batches().size());
    for (AdmittedBatch admitted : block.batches()) {
      List<LedgerEvent> rows = new ArrayList<>(admitted.events().size());
      for (UsageEvent event : admitted.events()) {
        int before = missing.names();
        LedgerEvent row = encoder.encode(admitted, rows.size(), event, missing);
        rows.add(row);
        size.add(row, missing.names() - before);
      }
      List<EncodedLink> links = new ArrayList<>(admitted.links().size());
      for (SpanLink link : admitted.links()) {
        links.add(
            new EncodedLink(
                link,
                encoder.encode(admitted.tenantId(), link.names(), missing),
                admitted.admittedAtMicros() + links.size()));
      }
      size.addLinks(links.size());
      batches.add(
          new EncodedBlock.Batch(
              admitted.tenantId(),
              admitted.source(),
              admitted.admittedAtMicros(),
              admitted.rejected(),
              links,
              rows));
    }
    blocks.add(new EncodedBlock(block.id(), block.writer(), block.sequence(), batches));
  }

  /** What was added so far. */
  public BatchSize size() {
    return size;
  }

  /**
   * The blocks in the order in which they were added.
   *
   * @param connection gives missing numbers in a transaction of its own, which is committed
   */
  public List<EncodedBlock> finish(Connection connection) throws SQLException {
    if (!missing.isEmpty()) {
      dictionary.resolve(connection, missing);
    }
    return blocks;
  }
}
