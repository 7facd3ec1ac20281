package dev.tokenledger.model.rollup;

import java.util.Arrays;

/**
 * The measures of one event. Immutable, and keeps only what is not zero: an event has about a dozen
 * of the measures, and tens of thousands of events are in memory at once while they are settled.
 */
public final class EventMeasures {
  static {
    if (Measure.count() > Long.SIZE) {
      throw new AssertionError("one bit for each measure does not fit into a long");
    }
  }

  /** Bit i stands for the measure at position i. */
  private final long present;

  /** The values of the measures whose bits are set, in order. */
  private final long[] values;

  private EventMeasures(long present, long[] values) {
    this.present = present;
    this.values = values;
  }

  public static EventMeasures of(MeasureVector vector) {
    long present = 0;
    long[] values = new long[Measure.count()];
    int count = 0;
    for (int i = 0; i < values.length; i++) {
      long value = vector.at(i);
      if (value != 0) {
        present |= 1L << i;
        values[count++] = value;
      }
    }
    return new EventMeasures(present, Arrays.copyOf(values, count));
  }

  public long get(Measure measure) {
    return at(measure.ordinal());
  }

  /** The value of the measure at a position of the layout. */
  public long at(int position) {
    long bit = 1L << position;
    return (present & bit) == 0 ? 0 : values[Long.bitCount(present & (bit - 1))];
  }

  /** Adds these measures to sums, or takes them out. */
  void addTo(long[] sums, boolean removed) {
    int next = 0;
    for (long left = present; left != 0; left &= left - 1) {
      int i = Long.numberOfTrailingZeros(left);
      long value = values[next++];
      sums[i] = removed ? Math.subtractExact(sums[i], value) : Math.addExact(sums[i], value);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof EventMeasures that
        && present == that.present
        && Arrays.equals(values, that.values);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values) * 31 + Long.hashCode(present);
  }

  @Override
  public String toString() {
    MeasureVector vector = new MeasureVector();
    vector.add(this);
    return vector.toString();
  }
}
