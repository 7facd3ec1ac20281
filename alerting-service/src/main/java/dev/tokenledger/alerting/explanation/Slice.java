package dev.tokenledger.alerting.explanation;

import java.util.Map;

/**
 * A part of a change: leaves that have some values in common.
 *
 * @param values value by dimension, in the order of the dimensions; empty for everything that no
 *     slice before it accounts for
 * @param observed what its leaves amounted to; leaves of slices before it are not counted again
 * @param expected what they usually amount to
 */
record Slice(Map<String, String> values, long observed, long expected) {
  Slice {
    values = java.util.Collections.unmodifiableMap(new java.util.LinkedHashMap<>(values));
  }

  long change() {
    return Math.subtractExact(observed, expected);
  }
}
