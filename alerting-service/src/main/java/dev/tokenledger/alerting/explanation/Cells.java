package dev.tokenledger.alerting.explanation;

import java.util.Arrays;

/**
 * Sums of amounts by a number that is not zero: a table with open addressing that is filled and
 * emptied many times in a search. Not thread-safe.
 */
final class Cells {
  private final long[] keys;
  private final long[] observed;
  private final long[] expected;
  private final double[] squares;

  /** Positions in use, in the order in which they were first used. */
  private final int[] used;

  private int size;

  /**
   * @param most keys that are ever held at once
   */
  Cells(int most) {
    int capacity = Integer.highestOneBit(Math.max(most, 4)) * 4;
    keys = new long[capacity];
    observed = new long[capacity];
    expected = new long[capacity];
    squares = new double[capacity];
    used = new int[capacity];
  }

  void clear() {
    Arrays.fill(keys, 0);
    size = 0;
  }

  void add(long key, long observedAmount, long expectedAmount, double square) {
    int at = (int) ((key * 0x9E3779B97F4A7C15L) >>> 40) & (keys.length - 1);
    while (keys[at] != key) {
      if (keys[at] == 0) {
        keys[at] = key;
        observed[at] = 0;
        expected[at] = 0;
        squares[at] = 0;
        used[size++] = at;
        break;
      }
      at = (at + 1) & (keys.length - 1);
    }
    observed[at] += observedAmount;
    expected[at] += expectedAmount;
    squares[at] += square;
  }

  int size() {
    return size;
  }

  long key(int index) {
    return keys[used[index]];
  }

  long observed(int index) {
    return observed[used[index]];
  }

  long expected(int index) {
    return expected[used[index]];
  }

  /** The sum of squares. */
  double squares(int index) {
    return squares[used[index]];
  }
}
