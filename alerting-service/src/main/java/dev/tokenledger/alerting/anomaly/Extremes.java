package dev.tokenledger.alerting.anomaly;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * How rare a large value of a figure is: peaks over a threshold. It keeps the largest peaks, one of
 * each run of large values, and lays a generalised Pareto distribution through them, its shape by
 * probability-weighted moments (Hosking and Wallis 1987, eq. 2 ff.; the streaming use is that of
 * Siffer et al., "Anomaly Detection in Streams with Extreme Value Theory", 2017). A distribution's
 * body needs no model that way, and a spike of which there were several is not news.
 *
 * <p>Not thread-safe.
 */
final class Extremes {
  /** Enough for a shape, few enough that only the tail is in it. */
  private static final int PEAKS = 16;

  static final int BYTES = PEAKS * (Float.BYTES + Integer.BYTES) + 5 * Integer.BYTES + Float.BYTES;

  /** A run of large values is cut here, so that a new level becomes known. */
  private static final int LONGEST_RUN = 144;

  /**
   * Shapes below are lighter than exponential tails and would call the first value past the largest
   * impossible; of shapes above not even the mean exists.
   */
  private static final double LIGHTEST = 0.1;

  private static final double HEAVIEST = 0.9;

  /** A peak that had this share of a value has been like it. */
  private static final double ALIKE = 0.8;

  /** What each peak alike adds to the number expected, against tails that are thought too light. */
  private static final double WEIGHT_ALIKE = 2;

  /** How much is gained by having watched longer, and the length that gains nothing. */
  private static final double GAIN_OF_LENGTH = 0.2;

  private static final double LENGTH = 1_000;

  /** No rarity beyond; a probability of zero has no logarithm. */
  private static final double LEAST_PROBABILITY = 1e-30;

  private final int gap;
  private final int memory;
  private final float[] peaks = new float[PEAKS];
  private final int[] at = new int[PEAKS];
  private int size;
  private int first = -1;

  /** Where the present run of large values began, or -1. */
  private int runFrom = -1;

  private float runPeak;

  /** Points below the threshold since the run's latest one above it. */
  private int below;

  /** Points of the runs that fill the first places. */
  private int filling;

  /**
   * @param gap points below the threshold that end a run
   * @param memory points after which a peak is forgotten
   */
  Extremes(int gap, int memory) {
    this.gap = gap;
    this.memory = memory;
  }

  /**
   * How rare a value is: minus the logarithm (base 10) of how often one as large is to be expected
   * in the time watched, and a little more the longer that was. Negative infinity for what is
   * ordinary, belongs to a run that has been larger, or comes before enough is known.
   *
   * @param value of the figure, not yet added
   * @param now the point's number
   * @param least the smallest scale that the tail may have
   */
  double rarity(double value, int now, double least) {
    if (size < PEAKS || value <= threshold() || (runFrom >= 0 && value <= runPeak)) {
      return Double.NEGATIVE_INFINITY;
    }
    Tail tail = tail(least);
    double beyond =
        tail.scale == 0
            ? 0
            : Math.pow(1 + tail.shape * (value - tail.from) / tail.scale, -1 / tail.shape);
    int alike = 0;
    for (int i = 0; i < size; i++) {
      alike += peaks[i] >= ALIKE * value ? 1 : 0;
    }
    double expected = Math.max(size * Math.max(beyond, LEAST_PROBABILITY), WEIGHT_ALIKE * alike);
    return gain(now) - Math.log10(expected);
  }

  /**
   * The value from which on the rarity is reached, or infinity as long as too little is known.
   *
   * @param rarity as of {@link #rarity}
   */
  double valueOf(double rarity, int now, double least) {
    if (size < PEAKS) {
      return Double.POSITIVE_INFINITY;
    }
    double expected = Math.pow(10, gain(now) - rarity);
    Tail tail = tail(least);
    double byTail =
        tail.from
            + tail.scale / tail.shape * (Math.pow(Math.max(1, size / expected), tail.shape) - 1);
    float[] sorted = Arrays.copyOf(peaks, size);
    Arrays.sort(sorted);
    int alike = (int) Math.min(size - 1, Math.floor(expected / WEIGHT_ALIKE));
    double byPeaks = sorted[size - 1 - alike] / ALIKE;
    double byRun = runFrom >= 0 ? runPeak : Double.NEGATIVE_INFINITY;
    return Math.max(Math.max(byTail, byPeaks), byRun);
  }

  /** Takes a value in. */
  void add(double value, int now) {
    if (first < 0) {
      first = now;
    }
    forget(now);
    if (size < PEAKS || value > threshold()) {
      runPeak = runFrom < 0 ? (float) value : Math.max(runPeak, (float) value);
      runFrom = runFrom < 0 ? now : runFrom;
      below = 0;
    } else if (runFrom >= 0) {
      below++;
    }
    boolean fills = size < PEAKS && ++filling % gap == 0;
    if (runFrom >= 0 && (below >= gap || now - runFrom > LONGEST_RUN || fills)) {
      keep(runPeak, now);
      runFrom = -1;
      below = 0;
    }
  }

  /** Whether a run of large values is going on. */
  boolean running() {
    return runFrom >= 0;
  }

  private double gain(int now) {
    return GAIN_OF_LENGTH * Math.log10(Math.max(1, Math.min(now - first, memory)) / LENGTH);
  }

  private void forget(int now) {
    for (int i = 0; i < size; i++) {
      if (now - at[i] > memory) {
        size--;
        peaks[i] = peaks[size];
        at[i] = at[size];
        i--;
      }
    }
  }

  private void keep(float peak, int now) {
    int place = size;
    if (size == PEAKS) {
      place = 0;
      for (int i = 1; i < PEAKS; i++) {
        place = peaks[i] < peaks[place] ? i : place;
      }
      if (peak <= peaks[place]) {
        return;
      }
    } else {
      size++;
    }
    peaks[place] = peak;
    at[place] = now;
  }

  private float threshold() {
    float smallest = peaks[0];
    for (int i = 1; i < size; i++) {
      smallest = Math.min(smallest, peaks[i]);
    }
    return smallest;
  }

  private record Tail(double from, double scale, double shape) {}

  private Tail tail(double least) {
    float[] sorted = Arrays.copyOf(peaks, size);
    Arrays.sort(sorted);
    double from = sorted[0];
    int beyond = size - 1;
    double mean = 0;
    double weighted = 0;
    for (int i = 1; i < size; i++) {
      mean += (sorted[i] - from) / beyond;
      weighted += (1 - (i - 0.35) / beyond) * (sorted[i] - from) / beyond;
    }
    double difference = mean - 2 * weighted;
    double shape = difference <= 0 ? HEAVIEST : 2 - mean / difference;
    shape = Math.max(LIGHTEST, Math.min(HEAVIEST, shape));
    // Where the shape was moved, the scale keeps the mean.
    return new Tail(from, Math.max(mean * (1 - shape), least), shape);
  }

  void write(ByteBuffer out) {
    for (int i = 0; i < PEAKS; i++) {
      out.putFloat(peaks[i]).putInt(at[i]);
    }
    out.putInt(size).putInt(first).putInt(runFrom).putInt(below).putInt(filling).putFloat(runPeak);
  }

  void read(ByteBuffer in) {
    for (int i = 0; i < PEAKS; i++) {
      peaks[i] = in.getFloat();
      at[i] = in.getInt();
    }
    size = in.getInt();
    first = in.getInt();
    runFrom = in.getInt();
    below = in.getInt();
    filling = in.getInt();
    runPeak = in.getFloat();
    if (size < 0 || size > PEAKS) {
      throw new IllegalArgumentException("a state has " + size + " peaks");
    }
  }
}
