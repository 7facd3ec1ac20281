package dev.tokenledger.ingest.usage;

import dev.tokenledger.ingest.decode.RejectionCode;
import java.math.BigDecimal;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/** Reads a whole number from whatever type a reporter chose for it. */
public final class TokenCount {
  /** More tokens than any single call can have; beyond it a count is a defect of the sender. */
  public static final long MAX = 10_000_000_000L;

  /** Marks a count that was not reported. */
  public static final long ABSENT = -1;

  private static final int MAX_DIGITS = 64;

  private TokenCount() {}

  /**
   * The count, or {@link #ABSENT} for null and blank text.
   *
   * @param field the name for the message
   * @param value a number or the text of one; whole numbers may be written as {@code 12.0}
   * @throws BadUsageException if it is negative, beyond {@link #MAX}, or no whole number
   */
  public static long parse(String field, @Nullable Object value) throws BadUsageException {
    if (value == null) {
      return ABSENT;
    }
    if (value instanceof Long || value instanceof Integer) {
      return checked(field, ((Number) value).longValue());
    }
    BigDecimal number = decimal(field, value);
    if (number == null) {
      return ABSENT;
    }
    if (number.signum() < 0) {
      throw negative(field);
    }
    if (number.signum() == 0) {
      return 0;
    }
    // Compared by magnitude first: 1e999999999 must not be written out in digits.
    if (number.precision() - (long) number.scale() > 19) {
      throw tooLarge(field);
    }
    if (number.scale() > 0 && number.stripTrailingZeros().scale() > 0) {
      throw wrongType(field, "a fraction");
    }
    return checked(field, number.longValue());
  }

  private static @Nullable BigDecimal decimal(String field, Object value) throws BadUsageException {
    if (value instanceof BigDecimal number) {
      return number;
    }
    if (value instanceof BigInteger number) {
      return new BigDecimal(number);
    }
    if (value instanceof Double number) {
      if (number.isNaN() || number.isInfinite()) {
        throw wrongType(field, "not a finite number");
      }
      return BigDecimal.valueOf(number);
    }
    if (value instanceof String text) {
      if (text.isBlank()) {
        return null;
      }
      if (text.length() > MAX_DIGITS) {
        throw wrongType(field, "a long text");
      }
      try {
        return new BigDecimal(text.strip());
      } catch (NumberFormatException e) {
        throw wrongType(field, "text that is no number");
      }
    }
    throw wrongType(field, "no number");
  }

  private static long checked(String field, long count) throws BadUsageException {
    if (count < 0) {
      throw negative(field);
    }
    if (count > MAX) {
      throw tooLarge(field);
    }
    return count;
  }

  private static BadUsageException negative(String field) {
    return new BadUsageException(
        RejectionCode.NEGATIVE_VALUE, field + " is negative; send a count of zero or more.");
  }

  private static BadUsageException tooLarge(String field) {
    return new BadUsageException(
        RejectionCode.VALUE_TOO_LARGE,
        field + " is beyond " + MAX + "; send the count of one call.");
  }

  private static BadUsageException wrongType(String field, String what) {
    return new BadUsageException(
        RejectionCode.WRONG_TYPE, field + " is " + what + "; send a whole number.");
  }
}
