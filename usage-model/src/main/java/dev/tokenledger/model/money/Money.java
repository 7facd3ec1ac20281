package dev.tokenledger.model.money;

import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * An amount of US dollars, held as integer nano-dollars (10⁻⁹ USD) so that sums are exact.
 *
 * <p>The range is ±9.2 billion dollars; arithmetic beyond it throws {@link ArithmeticException}
 * rather than wrapping. Floating point never touches an amount: text goes in and out through {@link
 * BigDecimal}.
 *
 * @param nanos the amount in nano-dollars
 */
public record Money(long nanos) implements Comparable<Money> {
  /** Decimal places of a nano-dollar amount; every amount in an answer shows all of them. */
  public static final int SCALE = 9;

  public static final Money ZERO = new Money(0);

  public static Money ofNanos(long nanos) {
    return nanos == 0 ? ZERO : new Money(nanos);
  }

  /**
   * Reads a decimal amount of dollars, such as {@code "0.0042"}. Digits beyond the ninth place are
   * rounded half up.
   *
   * @throws NumberFormatException if the text is not a decimal number
   * @throws ArithmeticException if the amount does not fit
   */
  public static Money ofUsd(String usd) {
    return ofUsd(new BigDecimal(usd));
  }

  /** As {@link #ofUsd(String)}, from a number already parsed. */
  public static Money ofUsd(BigDecimal usd) {
    // An exponent in the millions would make BigDecimal allocate all of its digits below.
    long power = usd.precision() - (long) usd.scale();
    if (usd.signum() == 0 || power < -SCALE) {
      return ZERO;
    }
    if (power > 20) {
      throw new ArithmeticException("amount does not fit in nano-dollars");
    }
    return ofNanos(
        usd.setScale(SCALE, RoundingMode.HALF_UP).movePointRight(SCALE).longValueExact());
  }

  public Money plus(Money other) {
    return ofNanos(Math.addExact(nanos, other.nanos));
  }

  public Money minus(Money other) {
    return ofNanos(Math.subtractExact(nanos, other.nanos));
  }

  public BigDecimal toBigDecimal() {
    return BigDecimal.valueOf(nanos, SCALE);
  }

  /** The amount in dollars with nine decimal places: {@code "12.345678901"}. */
  public String toUsd() {
    return toBigDecimal().toPlainString();
  }

  /**
   * The amount within a sentence: exact, with at least two decimal places and no more than it
   * takes, such as {@code "$12.50"} or {@code "−$0.0005"}.
   */
  public String toText() {
    BigDecimal amount = toBigDecimal().abs().stripTrailingZeros();
    return (nanos < 0 ? "−$" : "$")
        + amount.setScale(Math.max(2, amount.scale()), RoundingMode.UNNECESSARY).toPlainString();
  }

  @Override
  public int compareTo(Money other) {
    return Long.compare(nanos, other.nanos);
  }

  @Override
  public String toString() {
    return toUsd() + " USD";
  }
}
