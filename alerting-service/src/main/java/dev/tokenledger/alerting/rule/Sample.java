package dev.tokenledger.alerting.rule;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * What a measure was in a window.
 *
 * @param value in the unit of the query API; null where there is nothing to compute it of
 * @param volume calls, runs, steps and user actions in the window
 */
record Sample(@Nullable BigDecimal value, long volume) {
  boolean isEmpty() {
    return volume == 0;
  }
}
