package dev.tokenledger.alerting.rule;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What it means that nothing happened in a window. */
enum NoData {
  /** The value is zero; of a rate, mean or percentile, unknown: the condition does not hold. */
  ZERO,
  /** The condition does not hold. */
  OK,
  /** The condition holds. */
  ALERT,
  /** All stays as it was. */
  KEEP;

  static Optional<NoData> of(String label) {
    return Arrays.stream(values()).filter(value -> value.label().equals(label)).findFirst();
  }

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
