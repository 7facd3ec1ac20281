package dev.tokenledger.model.stream;

import java.util.List;
import java.util.UUID;

/**
 * The unit that travels through the event streams: one stream entry is one block. Its id makes its
 * settlement idempotent; the writer and its sequence make a lost block visible.
 *
 * @param id identifies the block for ever; appended twice, it is settled once
 * @param writer identifies the run of the process that wrote it
 * @param sequence the block's number among those of its writer on its stream, from 1
 * @param batches what was admitted, in the order of admission
 */
public record Block(UUID id, long writer, long sequence, List<AdmittedBatch> batches) {
  public Block {
    batches = List.copyOf(batches);
  }

  /** The number of events in all batches. */
  public int eventCount() {
    int count = 0;
    for (AdmittedBatch batch : batches) {
      count += batch.events().size();
    }
    return count;
  }
}
