package dev.tokenledger.alerting.anomaly;

import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.rollup.MeasureVector;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;

/**
 * What is watched of usage; where several alarm at once, the first one is told. States are stored
 * in this order.
 */
enum WatchedMeasure {
  /** In nano-dollars; ten cents. */
  COST("cost_usd", 100_000_000),
  TOKENS("total_tokens", 10_000),
  CALLS("model_calls", 10),
  ERRORS("errors", 5);

  /** The names of the query API, in order. */
  static final List<String> NAMES = List.of("cost_usd", "total_tokens", "model_calls", "errors");

  private static final int NANOS_SCALE = 9;

  private final String label;

  /** Nobody is told of hours in which there is less, and was less to be expected. */
  private final long least;

  WatchedMeasure(String label, long least) {
    this.label = label;
    this.least = least;
  }

  /** The name in the query API. */
  String label() {
    return label;
  }

  /** The amount in these sums, in nano-dollars, tokens or a number. */
  long of(MeasureVector sums) {
    return switch (this) {
      case COST -> sums.get(Measure.COST);
      case TOKENS -> Math.addExact(sums.get(Measure.INPUT_TOKENS), sums.get(Measure.OUTPUT_TOKENS));
      case CALLS -> sums.get(Measure.MODEL_CALLS);
      case ERRORS -> sums.get(Measure.ERRORS);
    };
  }

  /** Whether an alarm is worth telling: nobody minds trifles, or fewer errors than usual. */
  boolean isWorthTelling(long observed, Verdict verdict) {
    return Math.max(observed, verdict.expected()) >= least
        && !(this == ERRORS && verdict.direction() == Verdict.Direction.DOWN);
  }

  /** An estimate in the unit of the query API, not below zero. */
  BigDecimal inUnit(double estimate) {
    BigDecimal whole =
        BigDecimal.valueOf(Math.max(0, estimate)).setScale(0, RoundingMode.HALF_EVEN);
    return this == COST ? whole.movePointLeft(NANOS_SCALE).setScale(NANOS_SCALE) : whole;
  }

  /** An amount in the unit of the query API. */
  BigDecimal inUnit(long amount) {
    return this == COST ? BigDecimal.valueOf(amount, NANOS_SCALE) : BigDecimal.valueOf(amount);
  }

  /** As the API shows it: money is text. */
  Object shown(BigDecimal inUnit) {
    return this == COST ? inUnit.toPlainString() : inUnit;
  }
}
