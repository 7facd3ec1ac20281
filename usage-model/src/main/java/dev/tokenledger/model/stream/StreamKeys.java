package dev.tokenledger.model.stream;

/**
 * The names in Redis that two services share. The part in braces is the hash tag that keeps what is
 * used together on one node of a cluster.
 */
public final class StreamKeys {
  /** The field of a stream entry that holds the encoded block. */
  public static final String BLOCK_FIELD = "b";

  /** The consumer group of the aggregation service. */
  public static final String SETTLE_GROUP = "settle";

  /** What changed in the ledger: the stream that wakes budgets and rules. */
  public static final String CHANGES = "tl:{changes}:stream";

  /** Blocks that could not be settled. */
  public static final String DEAD = "tl:{dead}:blocks";

  /** Which blocks lie there, so that none lies there twice. */
  public static final String DEAD_MARKS = "tl:{dead}:marks";

  private StreamKeys() {}

  /** Slots into which traces fall. */
  public static final int TRACE_SLOTS = 256;

  /**
   * The slot of a trace. Writers send the parts of a trace to the shard of its slot, and those who
   * settle lock the slot: so shards wait for each other only where a trace has come to several.
   */
  public static int traceSlot(int tenantId, String traceId) {
    return Math.floorMod(31 * traceId.hashCode() + tenantId, TRACE_SLOTS);
  }

  /** The stream of a shard's blocks. */
  public static String events(int shard) {
    return "tl:{" + shard + "}:events";
  }
}
