package dev.tokenledger.model.sketch;

import dev.tokenledger.model.stream.ByteReader;
import dev.tokenledger.model.stream.ByteWriter;

/**
 * A mergeable summary of durations from which any percentile is read within {@link
 * #RELATIVE_ACCURACY}, whatever was merged and in which order.
 *
 * <p>Values are counted in bins whose bounds grow geometrically (Masson, Rim, Lee: "DDSketch", VLDB
 * 2019). Bin i holds values in (γ^(i−1), γ^i]; counts are exact and may be taken out again, so that
 * a corrected event changes a sketch by exactly its own part. Mutable, not thread-safe.
 */
public final class QuantileSketch {
  /** Half of the promised 1 %, so that the promise also holds at bin bounds after rounding. */
  public static final double RELATIVE_ACCURACY = 0.005;

  private static final double GAMMA = (1 + RELATIVE_ACCURACY) / (1 - RELATIVE_ACCURACY);
  private static final double INVERSE_LOG_GAMMA = 1 / StrictMath.log(GAMMA);

  /** Bins reach beyond 10¹³ µs, four months; a longer value is counted in the last bin. */
  private static final int MAX_BINS = 3_000;

  private static final long[] EMPTY = {};

  /** Counts of the bins from {@code first} on: durations of one series lie close together. */
  private long[] bins = EMPTY;

  private int first;
  private long count;

  /**
   * @param micros a duration, not negative
   */
  public void add(long micros, long times) {
    addToBin(bin(micros), times);
  }

  public void add(QuantileSketch other) {
    if (other.bins.length == 0) {
      return;
    }
    makeRoom(other.first, other.first + other.bins.length - 1);
    for (int i = 0; i < other.bins.length; i++) {
      if (other.bins[i] != 0) {
        addToBin(other.first + i, other.bins[i]);
      }
    }
  }

  private void addToBin(int bin, long times) {
    makeRoom(bin, bin);
    bins[bin - first] += times;
    count += times;
  }

  /** Makes bins from one to another; more than asked, so that growing by single bins is rare. */
  private void makeRoom(int from, int to) {
    int end = first + bins.length;
    if (bins.length > 0 && from >= first && to < end) {
      return;
    }
    int spare = Math.max(4, bins.length / 2);
    int newFirst = bins.length == 0 || from < first ? Math.max(0, from - spare) : first;
    int newEnd = bins.length == 0 || to >= end ? Math.min(MAX_BINS, to + 1 + spare) : end;
    long[] wider = new long[newEnd - newFirst];
    System.arraycopy(bins, 0, wider, bins.length == 0 ? 0 : first - newFirst, bins.length);
    bins = wider;
    first = newFirst;
  }

  /** What the sketch takes in memory, about. */
  long memoryBytes() {
    return 32 + (bins.length == 0 ? 0 : 16 + 8L * bins.length);
  }

  public long count() {
    return count;
  }

  /**
   * The least value that at least the given share of all values does not exceed, in microseconds:
   * the nearest rank, as {@code percentile_disc} of SQL has it.
   *
   * @param q between 0 and 1
   * @throws IllegalStateException if the sketch is empty
   */
  public double quantile(double q) {
    if (count <= 0) {
      throw new IllegalStateException("an empty sketch has no quantile");
    }
    long rank = Math.max(1, (long) Math.ceil(q * count));
    long seen = 0;
    for (int i = 0; i < bins.length; i++) {
      seen += bins[i];
      if (seen >= rank) {
        int bin = first + i;
        return bin == 0 ? 0 : 2 * StrictMath.pow(GAMMA, bin - 1) / (GAMMA + 1);
      }
    }
    throw new IllegalStateException("bins hold fewer values than were counted");
  }

  private static int bin(long micros) {
    if (micros <= 0) {
      return 0;
    }
    int bin = 1 + (int) Math.ceil(Math.log(micros) * INVERSE_LOG_GAMMA);
    return Math.min(bin, MAX_BINS - 1);
  }

  /** Appends the sketch: number of bins, then for each its distance from the last and its count. */
  public void writeTo(ByteWriter out) {
    int used = 0;
    for (long bin : bins) {
      if (bin != 0) {
        used++;
      }
    }
    out.writeVarint(used);
    int last = 0;
    for (int i = 0; i < bins.length; i++) {
      if (bins[i] != 0) {
        out.writeVarint(first + i - last);
        out.writeZigzag(bins[i]);
        last = first + i;
      }
    }
  }

  /** Passes over a sketch as {@link #writeTo} wrote it. */
  static void skip(ByteReader in) {
    int used = in.readVarint32();
    for (int i = 0; i < used; i++) {
      in.readVarint32();
      in.readZigzag();
    }
  }

  /** Adds a sketch as {@link #writeTo} wrote it. */
  public void addFrom(ByteReader in) {
    int used = in.readVarint32();
    int at = 0;
    for (int i = 0; i < used; i++) {
      at += in.readVarint32();
      if (at < 0 || at >= MAX_BINS) {
        throw new IllegalArgumentException("sketch has a bin beyond its range: " + at);
      }
      addToBin(at, in.readZigzag());
    }
  }
}
