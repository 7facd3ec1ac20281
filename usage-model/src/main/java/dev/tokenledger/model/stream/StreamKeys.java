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

  private StreamKeys() {}

  /** The stream of a shard's blocks. */
  public static String events(int shard) {
    return "tl:{" + shard + "}:events";
  }
}
