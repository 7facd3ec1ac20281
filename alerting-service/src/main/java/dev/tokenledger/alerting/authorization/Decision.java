package dev.tokenledger.alerting.authorization;

import dev.tokenledger.alerting.budget.Budget;
import dev.tokenledger.alerting.loopguard.LoopGuard;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Whether a call may be made.
 *
 * @param reason why not, or null when it may
 * @param degraded whether it was decided without knowing what is left
 * @param reservation what is held for the call, or null when nothing is
 * @param expiresAt when the reservation ends; null without one
 * @param estimatedNanos what the call is expected to cost, or null when that is not known
 * @param budgets how those stand that the call counts against
 * @param loopGuard the guard whose bound was met, or null
 * @param bound the bound that was met, as {@code max_calls}, or null
 */
public record Decision(
    boolean allowed,
    @Nullable Reason reason,
    boolean degraded,
    @Nullable UUID reservation,
    @Nullable Instant expiresAt,
    @Nullable Long estimatedNanos,
    List<Standing> budgets,
    @Nullable LoopGuard loopGuard,
    @Nullable String bound) {

  /** Why a call may not be made. */
  enum Reason {
    /** A budget has too little left. */
    BUDGET_EXCEEDED,
    /** The model has no known price, and a budget refuses such calls. */
    UNPRICED_MODEL,
    /** A session, trace or run has met a bound. */
    LOOP_BOUND_MET,
    /** It cannot be known what is left, and a budget refuses calls then. */
    GUARD_UNAVAILABLE
  }

  /**
   * A budget after the decision.
   *
   * @param availableNanos of the limit, less what is spent and reserved; null when not known
   * @param reservedNanos held for calls under way; null when not known
   * @param refused whether it is this budget that refuses
   */
  record Standing(
      Budget budget,
      @Nullable Long availableNanos,
      @Nullable Long reservedNanos,
      boolean refused) {}

  public Decision {
    budgets = List.copyOf(budgets);
  }
}
