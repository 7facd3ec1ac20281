package dev.tokenledger.ingest.otlp;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * Numbers of a size that can be worked with. {@code 1e999999999} is ten characters, but a gigabyte
 * once it is scaled; zero can have such an exponent as well.
 */
final class Numbers {
  /** Characters of a number; more digits than this mean nothing. */
  private static final int MAX_LENGTH = 64;

  /** Powers of ten beyond which a number is as good as endless, or as nothing. */
  private static final int MAX_POWER = 400;

  private static final BigDecimal HUGE = BigDecimal.ONE.scaleByPowerOfTen(MAX_POWER);
  private static final BigDecimal TINY = BigDecimal.ONE.scaleByPowerOfTen(-MAX_POWER);

  private Numbers() {}

  /** The number in the text; null when it is none, or longer than any number is written. */
  static @Nullable BigDecimal parse(String text) {
    String stripped = text.length() > 4 * MAX_LENGTH ? "" : text.strip();
    if (stripped.isEmpty() || stripped.length() > MAX_LENGTH) {
      return null;
    }
    char first = stripped.charAt(0);
    if (first != '-' && first != '+' && first != '.' && !Character.isDigit(first)) {
      // Most text is none, and finding that out by an exception is slow.
      return null;
    }
    try {
      return tame(new BigDecimal(stripped));
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /**
   * The same number, but one whose power of ten is beyond 400 either way has that power instead;
   * its sign stays. Zero is plain zero.
   */
  static BigDecimal tame(BigDecimal number) {
    if (number.signum() == 0) {
      return BigDecimal.ZERO;
    }
    long power = number.precision() - (long) number.scale();
    if (power > MAX_POWER) {
      return number.signum() < 0 ? HUGE.negate() : HUGE;
    }
    if (power < -MAX_POWER) {
      return number.signum() < 0 ? TINY.negate() : TINY;
    }
    return number;
  }
}
