package dev.tokenledger.alerting.anomaly;

/**
 * Usage of an hour.
 *
 * @param cost in nano-dollars
 * @param tokens input and output
 */
record Amounts(long cost, long tokens, long calls, long errors) {
  static final Amounts ZERO = new Amounts(0, 0, 0, 0);

  long of(WatchedMeasure measure) {
    return switch (measure) {
      case COST -> cost;
      case TOKENS -> tokens;
      case CALLS -> calls;
      case ERRORS -> errors;
    };
  }
}
