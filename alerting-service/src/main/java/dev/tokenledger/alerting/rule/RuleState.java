package dev.tokenledger.alerting.rule;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A condition that holds.
 *
 * @param pendingSince end of the window in which it was first found to hold
 * @param firing whether it has held long enough
 * @param told what is told of it; null before it fires
 * @param toldAt when that was put together
 */
record RuleState(
    Instant pendingSince,
    boolean firing,
    @Nullable Map<String, Object> told,
    @Nullable Instant toldAt) {

  /**
   * What follows of an outcome. Time is that of the data: however late a window is looked at, the
   * same follows.
   *
   * @param state what was known; null where the condition did not hold
   * @param windowEnd end of the window that the outcome is of
   * @param holdFor how long a condition must hold before it fires
   * @return empty where the condition does not hold any more
   */
  static Optional<RuleState> next(
      @Nullable RuleState state, RuleOutcome.Kind kind, Instant windowEnd, Duration holdFor) {
    if (kind == RuleOutcome.Kind.KEEPS) {
      return Optional.ofNullable(state);
    }
    if (!kind.isHolding()) {
      return Optional.empty();
    }
    RuleState known = state == null ? new RuleState(windowEnd, false, null, null) : state;
    boolean longEnough = Duration.between(known.pendingSince, windowEnd).compareTo(holdFor) >= 0;
    return Optional.of(
        new RuleState(known.pendingSince, known.firing || longEnough, known.told, known.toldAt));
  }

  RuleState telling(Map<String, Object> newlyTold, Instant now) {
    return new RuleState(pendingSince, firing, newlyTold, now);
  }
}
