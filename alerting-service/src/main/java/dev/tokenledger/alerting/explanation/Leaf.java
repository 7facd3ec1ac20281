package dev.tokenledger.alerting.explanation;

import java.util.List;

/**
 * The finest slice that is told apart: one value of each dimension.
 *
 * @param values one for each dimension, in the order of the dimensions
 * @param observed what it amounted to
 * @param expected what it would have amounted to, had it been as usual; in the same unit, such as
 *     nano-dollars
 */
record Leaf(List<String> values, long observed, long expected) {
  Leaf {
    values = List.copyOf(values);
  }

  long change() {
    return Math.subtractExact(observed, expected);
  }
}
