package dev.tokenledger.alerting.rule;

import dev.tokenledger.alerting.explanation.Window;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Optional;

/** What a value is compared with. */
sealed interface Comparison {

  /** The steps to the windows that are compared with. */
  Window.Step step();

  /** How many earlier windows are needed. */
  int windows();

  /**
   * The limit and what it was derived from.
   *
   * @param baseline mean of the earlier windows, or the limit itself where it is absolute
   */
  record Limit(BigDecimal value, BigDecimal baseline) {}

  /**
   * The limit for a window.
   *
   * @param earlier values of the earlier windows that there are, each known
   * @return empty where these are too few to tell
   */
  Optional<Limit> limit(Operator operator, List<BigDecimal> earlier);

  /** An absolute limit, in the measure's unit. */
  record Threshold(BigDecimal value) implements Comparison {
    @Override
    public Window.Step step() {
      return Window.Step.PREVIOUS;
    }

    @Override
    public int windows() {
      return 0;
    }

    @Override
    public Optional<Limit> limit(Operator operator, List<BigDecimal> earlier) {
      return Optional.of(new Limit(value, value));
    }
  }

  /**
   * A change against one earlier window.
   *
   * @param percent of the earlier value; negative for a fall. Against nothing, any rise is above
   *     every limit
   */
  record Change(BigDecimal percent, Window.Step step) implements Comparison {
    @Override
    public int windows() {
      return 1;
    }

    @Override
    public Optional<Limit> limit(Operator operator, List<BigDecimal> earlier) {
      return earlier.stream()
          .findFirst()
          .map(
              base ->
                  new Limit(
                      base.multiply(percent.add(BigDecimal.valueOf(100))).movePointLeft(2), base));
    }
  }

  /**
   * A number of standard deviations from the mean of earlier windows: above it for an upward
   * operator, else below it. The deviation is that of a sample, with n − 1 in the denominator.
   */
  record Deviations(BigDecimal number, int windows, Window.Step step) implements Comparison {
    /** Of fewer values no deviation can be told. */
    static final int LEAST_WINDOWS = 3;

    @Override
    public Optional<Limit> limit(Operator operator, List<BigDecimal> earlier) {
      if (earlier.size() < LEAST_WINDOWS) {
        return Optional.empty();
      }
      BigDecimal count = BigDecimal.valueOf(earlier.size());
      BigDecimal sum = earlier.stream().reduce(BigDecimal.ZERO, BigDecimal::add);
      BigDecimal squares =
          earlier.stream()
              .map(value -> value.multiply(value))
              .reduce(BigDecimal.ZERO, BigDecimal::add);
      BigDecimal mean = sum.divide(count, MathContext.DECIMAL128);
      // n Σx² − (Σx)² is exact and never negative; only the quotient and its root are rounded.
      BigDecimal variance =
          count
              .multiply(squares)
              .subtract(sum.multiply(sum))
              .divide(count.multiply(count.subtract(BigDecimal.ONE)), MathContext.DECIMAL128);
      BigDecimal distance = variance.sqrt(MathContext.DECIMAL128).multiply(number);
      return Optional.of(
          new Limit(operator.isUpward() ? mean.add(distance) : mean.subtract(distance), mean));
    }
  }
}
