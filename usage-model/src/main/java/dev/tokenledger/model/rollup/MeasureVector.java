package dev.tokenledger.model.rollup;

import java.util.Arrays;

/**
 * One value for every {@link Measure}. Mutable and not thread-safe: it is the accumulator of a
 * single batch. Overflow of any sum throws, so that a total is never silently wrong.
 *
 * <p>Only measures that were added to take memory. Most sums have a dozen of them, and a batch has
 * tens of thousands of sums.
 */
public final class MeasureVector {
  private static final long[] NONE = {};

  /** Room for what a model call usually has. */
  private static final int FIRST_ROOM = 14;

  private static final int MORE_ROOM = 4;

  static {
    if (Measure.count() > Long.SIZE) {
      throw new AssertionError("one bit for each measure does not fit into a long");
    }
  }

  /** Bit i stands for the measure at position i. */
  private long present;

  /** The values of the measures whose bits are set, in order, and maybe room for more. */
  private long[] values = NONE;

  public MeasureVector() {}

  /**
   * @param room how many measures will be added; more make it grow
   */
  public MeasureVector(int room) {
    this.values = room == 0 ? NONE : new long[room];
  }

  /** Takes the values of a row whose columns are in the order of {@link Measure}; copies them. */
  public static MeasureVector of(long... values) {
    if (values.length != Measure.count()) {
      throw new IllegalArgumentException(
          "expected " + Measure.count() + " measures, got " + values.length);
    }
    MeasureVector vector = new MeasureVector();
    for (int i = 0; i < values.length; i++) {
      vector.add(i, values[i]);
    }
    return vector;
  }

  public long get(Measure measure) {
    return at(measure.ordinal());
  }

  public void add(Measure measure, long amount) {
    add(measure.ordinal(), amount);
  }

  /** The value of the measure at a position of the layout. */
  long at(int position) {
    return at(present, values, position);
  }

  static long at(long present, long[] values, int position) {
    long bit = 1L << position;
    return (present & bit) == 0 ? 0 : values[Long.bitCount(present & (bit - 1))];
  }

  private void add(int position, long amount) {
    if (amount != 0) {
      int index = Long.bitCount(present & ((1L << position) - 1));
      if ((present & (1L << position)) == 0) {
        insert(index);
        present |= 1L << position;
      }
      values[index] = Math.addExact(values[index], amount);
    }
  }

  private void insert(int index) {
    int count = Long.bitCount(present);
    if (count == values.length) {
      values = Arrays.copyOf(values, count == 0 ? FIRST_ROOM : count + MORE_ROOM);
    }
    System.arraycopy(values, index, values, index + 1, count - index);
    values[index] = 0;
  }

  public void add(EventMeasures event) {
    event.addTo(this, false);
  }

  public void subtract(EventMeasures event) {
    event.addTo(this, true);
  }

  public void add(MeasureVector other) {
    apply(other.present, other.values, false);
  }

  public void subtract(MeasureVector other) {
    apply(other.present, other.values, true);
  }

  /** Adds, or takes out, the measures of a mask, whose values are packed in order. */
  void apply(long mask, long[] amounts, boolean removed) {
    widen(mask);
    int from = 0;
    for (long left = mask; left != 0; left &= left - 1) {
      long below = (left & -left) - 1;
      // The places are the same where both have the same measures, as is most often so.
      int to = mask == present ? from : Long.bitCount(present & below);
      long amount = amounts[from++];
      values[to] =
          removed ? Math.subtractExact(values[to], amount) : Math.addExact(values[to], amount);
    }
  }

  private void widen(long mask) {
    long all = present | mask;
    if (all == present) {
      return;
    }
    long[] wider = new long[Long.bitCount(all)];
    int from = 0;
    for (long left = present; left != 0; left &= left - 1) {
      wider[Long.bitCount(all & ((left & -left) - 1))] = values[from++];
    }
    present = all;
    values = wider;
  }

  /** An immutable copy of those that are not zero. */
  EventMeasures pack() {
    long mask = 0;
    long[] packed = new long[Long.bitCount(present)];
    int from = 0;
    int to = 0;
    for (long left = present; left != 0; left &= left - 1) {
      long value = values[from++];
      if (value != 0) {
        mask |= left & -left;
        packed[to++] = value;
      }
    }
    return new EventMeasures(mask, to == packed.length ? packed : Arrays.copyOf(packed, to));
  }

  /** What the values take in memory, without the vector itself. */
  public long memoryBytes() {
    return values.length == 0 ? 0 : 16 + 8L * values.length;
  }

  public boolean isZero() {
    return mask() == 0;
  }

  /** Bit i is set when the measure at position i is not zero. */
  public long mask() {
    long mask = 0;
    int from = 0;
    for (long left = present; left != 0; left &= left - 1) {
      if (values[from++] != 0) {
        mask |= left & -left;
      }
    }
    return mask;
  }

  /** All values, in the order of {@link Measure}. */
  public long[] toArray() {
    long[] all = new long[Measure.count()];
    for (int i = 0; i < all.length; i++) {
      all[i] = at(i);
    }
    return all;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof MeasureVector that && Arrays.equals(toArray(), that.toArray());
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(toArray());
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("{");
    for (Measure measure : Measure.values()) {
      if (get(measure) != 0) {
        text.append(text.length() > 1 ? ", " : "")
            .append(measure.column())
            .append('=')
            .append(get(measure));
      }
    }
    return text.append('}').toString();
  }
}
