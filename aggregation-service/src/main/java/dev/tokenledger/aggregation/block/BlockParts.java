package dev.tokenledger.aggregation.block;

import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hashing;
import dev.tokenledger.model.stream.AdmittedBatch;
import dev.tokenledger.model.stream.BatchItems;
import dev.tokenledger.model.stream.Block;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;

/**
 * A block as items that can be settled in parts. A part is a block of its own, whose id follows
 * from that of the whole and from what it holds, so that parts are settled once however often the
 * whole is delivered.
 */
public final class BlockParts {
  private final Block block;
  private final List<BatchItems> batches;
  private final int size;

  public BlockParts(Block block) {
    this.block = block;
    this.batches = block.batches().stream().map(BatchItems::new).toList();
    this.size = batches.stream().mapToInt(BlockParts::size).sum();
  }

  /** A request of which nothing was admitted is an item, too: what was refused is to be counted. */
  private static int size(BatchItems batch) {
    return Math.max(1, batch.size());
  }

  public int size() {
    return size;
  }

  /**
   * The part of some items. What was refused at the door is counted with the first item of its
   * request.
   *
   * @param from the first item
   * @param until the first that is not in the part
   */
  public Block part(int from, int until) {
    List<AdmittedBatch> parts = new ArrayList<>();
    int first = 0;
    for (int i = 0; i < batches.size(); i++) {
      BatchItems items = batches.get(i);
      int begin = Math.max(0, from - first);
      int end = Math.min(size(items), until - first);
      if (begin < end) {
        // Each record keeps the moment that orders it among those of its event.
        long admitted = block.batches().get(i).admittedAtMicros();
        int event = begin < items.size() ? Math.max(0, items.event(begin)) : 0;
        parts.add(
            items.part(
                IntStream.range(begin, Math.min(end, items.size())).boxed().toList(),
                admitted + event,
                begin == 0));
      }
      first += size(items);
    }
    return new Block(id(from, until), block.writer(), block.sequence(), parts);
  }

  private UUID id(int from, int until) {
    HashValue128 hash =
        Hashing.xxh3_128().hashCharsTo128Bits(block.id() + "/" + from + "-" + until);
    return new UUID(hash.getMostSignificantBits(), hash.getLeastSignificantBits());
  }
}
