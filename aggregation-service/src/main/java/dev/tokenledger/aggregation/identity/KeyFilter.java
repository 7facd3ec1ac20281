package dev.tokenledger.aggregation.identity;

import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * A Bloom filter of identities: says of nearly every identity that was not added that it was not,
 * and never so of one that was. All bits of an identity lie in one block of 64 bytes, so that a
 * question costs one access to memory (Putze, Sanders, Singler: "Cache-, Hash- and Space-Efficient
 * Bloom Filters", 2007). Keys are hashes already and are not hashed again.
 *
 * <p>Filled by one thread; thread-safe once it is published.
 */
final class KeyFilter {
  /** With this many bits about one identity in a hundred is a false alarm. */
  private static final int BITS_A_KEY = 12;

  private static final int BITS_SET = 6;
  private static final int BLOCK_WORDS = 8;
  private static final int BLOCK_BIT_MASK = BLOCK_WORDS * Long.SIZE - 1;
  private static final int BLOCK_BITS_SHIFT = 9;

  private final long[] words;

  private KeyFilter(long[] words) {
    this.words = words;
  }

  /**
   * @param keys how many are going to be added; more make false alarms more frequent
   */
  static KeyFilter forKeys(long keys) {
    long blocks = Math.max(1, keys * BITS_A_KEY / (BLOCK_BIT_MASK + 1) + 1);
    return new KeyFilter(new long[Math.toIntExact(blocks * BLOCK_WORDS)]);
  }

  /**
   * @param bytes as {@link #toBytes} made them
   */
  static KeyFilter of(byte[] bytes) {
    long[] words = new long[bytes.length / Long.BYTES];
    ByteBuffer.wrap(bytes).asLongBuffer().get(words);
    return new KeyFilter(words);
  }

  byte[] toBytes() {
    ByteBuffer bytes = ByteBuffer.allocate(sizeInBytes());
    bytes.asLongBuffer().put(words);
    return bytes.array();
  }

  int sizeInBytes() {
    return words.length * Long.BYTES;
  }

  void add(int tenantId, UUID key) {
    int block = block(tenantId, key);
    long bits = key.getLeastSignificantBits();
    for (int i = 0; i < BITS_SET; i++) {
      int bit = (int) (bits & BLOCK_BIT_MASK);
      words[block + (bit >>> 6)] |= 1L << bit;
      bits >>>= BLOCK_BITS_SHIFT;
    }
  }

  /** False only if the identity was not added. */
  boolean mayContain(int tenantId, UUID key) {
    int block = block(tenantId, key);
    long bits = key.getLeastSignificantBits();
    for (int i = 0; i < BITS_SET; i++) {
      int bit = (int) (bits & BLOCK_BIT_MASK);
      if ((words[block + (bit >>> 6)] & 1L << bit) == 0) {
        return false;
      }
      bits >>>= BLOCK_BITS_SHIFT;
    }
    return true;
  }

  /** The first word of the identity's block; the same key of two tenants falls into two blocks. */
  private int block(int tenantId, UUID key) {
    long spread = key.getMostSignificantBits() ^ tenantId * 0x9E37_79B9_7F4A_7C15L;
    int blocks = words.length / BLOCK_WORDS;
    return (int) ((spread >>> 32) * blocks >>> 32) * BLOCK_WORDS;
  }
}
