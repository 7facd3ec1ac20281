package dev.tokenledger.alerting.rule;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Optional;

/** How a value is compared with a limit. */
enum Operator {
  ABOVE(">"),
  AT_LEAST(">="),
  BELOW("<"),
  AT_MOST("<=");

  private final String symbol;

  Operator(String symbol) {
    this.symbol = symbol;
  }

  static Optional<Operator> of(String symbol) {
    return Arrays.stream(values()).filter(operator -> operator.symbol.equals(symbol)).findFirst();
  }

  String symbol() {
    return symbol;
  }

  boolean isUpward() {
    return this == ABOVE || this == AT_LEAST;
  }

  boolean holds(BigDecimal value, BigDecimal limit) {
    int order = value.compareTo(limit);
    return switch (this) {
      case ABOVE -> order > 0;
      case AT_LEAST -> order >= 0;
      case BELOW -> order < 0;
      case AT_MOST -> order <= 0;
    };
  }

  /** In a sentence, before the limit. */
  String words() {
    return switch (this) {
      case ABOVE -> "above";
      case AT_LEAST -> "at or above";
      case BELOW -> "below";
      case AT_MOST -> "at or below";
    };
  }
}
