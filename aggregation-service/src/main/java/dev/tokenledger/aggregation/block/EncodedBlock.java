package dev.tokenledger.aggregation.block;

import dev.tokenledger.aggregation.event.LedgerEvent;
import dev.tokenledger.model.stream.AdmittedBatch;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A block whose events are rows of the ledger. Of what was decoded it keeps no more than settling
 * needs: tens of thousands of events are in memory at once.
 *
 * @param writer identifies the run of the process that wrote it
 * @param sequence the block's number among those of its writer on its stream
 */
public record EncodedBlock(UUID id, long writer, long sequence, List<Batch> batches) {

  /**
   * What the door admitted of one request; the parameters are those of {@link AdmittedBatch}.
   *
   * @param events the rows, in the order of the request
   */
  public record Batch(
      int tenantId,
      String source,
      long admittedAtMicros,
      Map<String, Integer> rejected,
      List<EncodedLink> links,
      List<LedgerEvent> events) {}

  int eventCount() {
    return batches.stream().mapToInt(batch -> batch.events.size()).sum();
  }
}
