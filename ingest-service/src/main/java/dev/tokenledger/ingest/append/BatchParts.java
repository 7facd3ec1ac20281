package dev.tokenledger.ingest.append;

import dev.tokenledger.model.stream.AdmittedBatch;
import dev.tokenledger.model.stream.BatchItems;
import dev.tokenledger.model.stream.StreamKeys;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Divides what was admitted of a request into parts that blocks have room for, the parts of a trace
 * to the shard of its slot. Settling a block takes memory by what it holds, so no request may make
 * one of any size.
 */
final class BatchParts {
  /** Bytes of one part, about, before compression. */
  static final int MAX_BYTES = 2 << 20;

  /**
   * A part and where it goes.
   *
   * @param shard that of its traces, or null when any will do
   * @param bytes about what it takes before compression
   */
  record Part(@Nullable Integer shard, AdmittedBatch batch, long bytes) {}

  private BatchParts() {}

  /**
   * @param maxEvents of one part
   * @return at least one part; the counts of what was refused are with the first
   */
  static List<Part> of(AdmittedBatch whole, int shards, int maxEvents) {
    BatchItems items = new BatchItems(whole);
    // Those of no trace come last.
    List<List<Integer>> byShard = new ArrayList<>();
    for (int shard = 0; shard <= shards; shard++) {
      byShard.add(new ArrayList<>());
    }
    for (int item = 0; item < items.size(); item++) {
      String traceId = items.traceId(item);
      byShard
          .get(traceId == null ? shards : StreamKeys.traceSlot(whole.tenantId(), traceId) % shards)
          .add(item);
    }
    List<Part> parts = new ArrayList<>();
    long admittedAtMicros = whole.admittedAtMicros();
    for (int shard = 0; shard <= shards; shard++) {
      List<Integer> all = byShard.get(shard);
      for (int from = 0; from < all.size(); ) {
        long bytes = 0;
        int until = from;
        while (until < all.size() && until - from < maxEvents && bytes < MAX_BYTES) {
          bytes += items.bytes(all.get(until++));
        }
        AdmittedBatch part =
            items.part(all.subList(from, until), admittedAtMicros, parts.isEmpty());
        parts.add(new Part(shard == shards ? null : shard, part, bytes));
        admittedAtMicros += part.events().size();
        from = until;
      }
    }
    if (parts.isEmpty()) {
      parts.add(new Part(null, whole, 0));
    }
    return parts;
  }
}
