package dev.tokenledger.model.rollup;

import java.util.Arrays;

/**
 * One value for every {@link Measure}. Mutable and not thread-safe: it is the accumulator of a
 * single batch. Overflow of any sum throws, so that a total is never silently wrong.
 */
public final class MeasureVector {
  private final long[] values;

  public MeasureVector() {
    this(new long[Measure.count()]);
  }

  private MeasureVector(long[] values) {
    this.values = values;
  }

  /** Takes the values of a row whose columns are in the order of {@link Measure}; copies them. */
  public static MeasureVector of(long... values) {
    if (values.length != Measure.count()) {
      throw new IllegalArgumentException(
          "expected " + Measure.count() + " measures, got " + values.length);
    }
    return new MeasureVector(values.clone());
  }

  public long get(Measure measure) {
    return values[measure.ordinal()];
  }

  public void add(Measure measure, long amount) {
    int i = measure.ordinal();
    values[i] = Math.addExact(values[i], amount);
  }

  /** The value of the measure at a position of the layout. */
  long at(int position) {
    return values[position];
  }

  public void add(EventMeasures event) {
    event.addTo(values, false);
  }

  public void subtract(EventMeasures event) {
    event.addTo(values, true);
  }

  public void add(MeasureVector other) {
    for (int i = 0; i < values.length; i++) {
      if (other.values[i] != 0) {
        values[i] = Math.addExact(values[i], other.values[i]);
      }
    }
  }

  public void subtract(MeasureVector other) {
    for (int i = 0; i < values.length; i++) {
      if (other.values[i] != 0) {
        values[i] = Math.subtractExact(values[i], other.values[i]);
      }
    }
  }

  public boolean isZero() {
    for (long value : values) {
      if (value != 0) {
        return false;
      }
    }
    return true;
  }

  public long[] toArray() {
    return values.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof MeasureVector that && Arrays.equals(values, that.values);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(values);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("{");
    for (int i = 0; i < values.length; i++) {
      if (values[i] != 0) {
        text.append(text.length() > 1 ? ", " : "")
            .append(Measure.at(i).column())
            .append('=')
            .append(values[i]);
      }
    }
    return text.append('}').toString();
  }
}
