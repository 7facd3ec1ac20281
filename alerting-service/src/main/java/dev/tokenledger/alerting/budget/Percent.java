package dev.tokenledger.alerting.budget;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Shares of a limit. */
public final class Percent {
  private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);

  private Percent() {}

  /** Spent of the limit in percent, rounded down so that 100 is never shown too early. */
  public static BigDecimal of(long spentNanos, long limitNanos) {
    return BigDecimal.valueOf(spentNanos)
        .multiply(HUNDRED)
        .divide(BigDecimal.valueOf(limitNanos), 2, RoundingMode.DOWN);
  }

  /** Whether spent ≥ limit × threshold %, without rounding. */
  public static boolean isReached(long spentNanos, long limitNanos, int threshold) {
    return BigDecimal.valueOf(spentNanos)
            .multiply(HUNDRED)
            .compareTo(BigDecimal.valueOf(limitNanos).multiply(BigDecimal.valueOf(threshold)))
        >= 0;
  }
}
