package dev.tokenledger.model.rollup;

import java.util.Arrays;

/**
 * The measures of one event. Immutable, and keeps only what is not zero: an event has about a dozen
 * of the measures, and tens of thousands of events are in memory at once while they are settled.
 */
public final class EventMeasures {
  /** Bit i stands for the measure at position i. */
  private final long present;

  /** The values of the measures whose bits are set, in order. */
  private final long[] values;

  EventMeasures(long present, long[] values) {
    this.present = present;
    this.values = values;
  }

  public static EventMeasures of(MeasureVector vector) {
    return vector.pack();
  }

  public long get(Measure measure) {
    return at(measure.ordinal());
  }

  /** The value of the measure at a position of the layout. */
  public long at(int position) {
    return MeasureVector.at(present, values, position);
  }

  /** Bit i is set when the measure at position i is not zero. */
  public long mask() {
    return present;
  }

  /** Adds these measures to sums, or takes them out. */
  void addTo(MeasureVector sums, boolean removed) {
    sums.apply(present, values, removed);
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
