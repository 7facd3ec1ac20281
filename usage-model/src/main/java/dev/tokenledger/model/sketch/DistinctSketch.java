package dev.tokenledger.model.sketch;

import com.dynatrace.hash4j.distinctcount.UltraLogLog;
import dev.tokenledger.model.stream.ByteReader;
import dev.tokenledger.model.stream.ByteWriter;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A mergeable count of distinct values. Exact for up to {@link #MAX_TOKENS} values, then an
 * UltraLogLog of 1 KiB with a standard error of 2.4 %. Mutable, not thread-safe.
 *
 * <p>Values cannot be taken out again: a correction of an event leaves its user counted.
 */
public final class DistinctSketch {
  /** Below this the values' 32-bit tokens are kept one by one: smaller, and exact. */
  static final int MAX_TOKENS = 128;

  private static final int PRECISION = 10;

  private static final int[] EMPTY = {};

  private int[] tokens = EMPTY;
  private int size;
  private @Nullable UltraLogLog dense;

  /**
   * @param hash a 64-bit hash of the value, of good quality
   */
  public void add(long hash) {
    addToken(UltraLogLog.computeToken(hash));
  }

  public void add(DistinctSketch other) {
    if (other.dense != null) {
      densify();
      dense.add(other.dense);
    } else {
      for (int i = 0; i < other.size; i++) {
        addToken(other.tokens[i]);
      }
    }
  }

  /** The number of distinct values, rounded to an integer. */
  public long estimate() {
    return dense == null ? size : Math.round(dense.getDistinctCountEstimate());
  }

  /** What the sketch takes in memory, about. */
  long memoryBytes() {
    return 24
        + (tokens.length == 0 ? 0 : 16 + 4L * tokens.length)
        + (dense == null ? 0 : 32 + (1L << PRECISION));
  }

  public boolean isEmpty() {
    return dense == null && size == 0;
  }

  private void addToken(int token) {
    if (dense != null) {
      dense.addToken(token);
      return;
    }
    int at = Arrays.binarySearch(tokens, 0, size, token);
    if (at >= 0) {
      return;
    }
    if (size == MAX_TOKENS) {
      densify();
      dense.addToken(token);
      return;
    }
    if (size == tokens.length) {
      tokens = Arrays.copyOf(tokens, Math.max(4, size * 2));
    }
    int insert = -at - 1;
    System.arraycopy(tokens, insert, tokens, insert + 1, size - insert);
    tokens[insert] = token;
    size++;
  }

  private void densify() {
    if (dense == null) {
      dense = UltraLogLog.create(PRECISION);
      for (int i = 0; i < size; i++) {
        dense.addToken(tokens[i]);
      }
      tokens = EMPTY;
      size = 0;
    }
  }

  /** Appends the sketch: 0 and its tokens, or 1 and the state of the UltraLogLog. */
  public void writeTo(ByteWriter out) {
    if (dense != null) {
      out.writeByte(1);
      out.writeBytes(dense.getState());
    } else {
      out.writeByte(0);
      out.writeVarint(size);
      for (int i = 0; i < size; i++) {
        out.writeFixed32(tokens[i]);
      }
    }
  }

  /** Passes over a sketch as {@link #writeTo} wrote it. */
  static void skip(ByteReader in) {
    if (in.readByte() == 1) {
      in.readBytes();
    } else {
      int n = in.readVarint32();
      for (int i = 0; i < n; i++) {
        in.readFixed32();
      }
    }
  }

  /** Adds a sketch as {@link #writeTo} wrote it. */
  public void addFrom(ByteReader in) {
    if (in.readByte() == 1) {
      densify();
      dense.add(UltraLogLog.wrap(in.readBytes()));
    } else {
      int n = in.readVarint32();
      for (int i = 0; i < n; i++) {
        addToken(in.readFixed32());
      }
    }
  }
}
