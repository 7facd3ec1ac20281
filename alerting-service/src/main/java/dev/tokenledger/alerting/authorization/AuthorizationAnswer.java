package dev.tokenledger.alerting.authorization;

import dev.tokenledger.alerting.loopguard.LoopGuard;
import dev.tokenledger.model.money.Money;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A decision as it is answered.
 *
 * @param decision {@code allow} or {@code deny}
 * @param reason why it was denied: {@code budget_exceeded}, {@code unpriced_model}, {@code
 *     loop_bound_met} or {@code guard_unavailable}
 * @param message the reason in a sentence
 * @param degraded whether it was decided without knowing what is left
 */
public record AuthorizationAnswer(
    String decision,
    @Nullable String reason,
    @Nullable String message,
    @Nullable UUID reservationId,
    @Nullable Instant expiresAt,
    @Nullable String estimatedCostUsd,
    boolean degraded,
    List<BudgetStanding> budgets,
    @Nullable BoundMet bound) {

  /**
   * How a budget stands that the call counts against.
   *
   * @param remainingUsd what is left after what is spent and reserved, this call included if it may
   *     be made; null when it cannot be known
   * @param decision {@code deny} for a budget that refuses
   */
  public record BudgetStanding(
      UUID id,
      String name,
      String type,
      String limitUsd,
      @Nullable String remainingUsd,
      @Nullable String reservedUsd,
      String decision) {}

  /** The bound of a loop guard that was met. */
  public record BoundMet(UUID loopGuardId, String name, String per, String bound) {}

  static AuthorizationAnswer of(Decision decision) {
    LoopGuard loop = decision.loopGuard();
    return new AuthorizationAnswer(
        decision.allowed() ? "allow" : "deny",
        decision.reason() == null ? null : decision.reason().name().toLowerCase(Locale.ROOT),
        message(decision),
        decision.reservation(),
        decision.expiresAt(),
        usd(decision.estimatedNanos()),
        decision.degraded(),
        decision.budgets().stream()
            .map(
                standing ->
                    new BudgetStanding(
                        standing.budget().id(),
                        standing.budget().name(),
                        standing.budget().hardStop() ? "hard_stop" : "warning",
                        usd(standing.budget().amountNanos()),
                        usd(standing.availableNanos()),
                        usd(standing.reservedNanos()),
                        standing.refused() ? "deny" : "allow"))
            .toList(),
        loop == null || decision.bound() == null
            ? null
            : new BoundMet(loop.id(), loop.name(), loop.per().label(), decision.bound()));
  }

  /** Why a call may not be made, in a sentence; null when it may. */
  static @Nullable String message(Decision decision) {
    if (decision.reason() == null) {
      return null;
    }
    Decision.Standing by =
        decision.budgets().stream().filter(Decision.Standing::refused).findFirst().orElse(null);
    return switch (decision.reason()) {
      case BUDGET_EXCEEDED ->
          by == null
              ? "A budget has too little left."
              : "Budget '"
                  + by.budget().name()
                  + "' has "
                  + text(by.availableNanos())
                  + " of "
                  + text(by.budget().amountNanos())
                  + " left"
                  + (decision.estimatedNanos() == null
                      ? "."
                      : ", and the call is estimated at " + text(decision.estimatedNanos()) + ".");
      case UNPRICED_MODEL ->
          "The model has no known price, and budget '"
              + (by == null ? "" : by.budget().name())
              + "' refuses such calls. Add a price at /v1/prices.";
      case LOOP_BOUND_MET ->
          "Loop guard '"
              + (decision.loopGuard() == null ? "" : decision.loopGuard().name())
              + "': "
              + decision.bound()
              + " is met for this "
              + (decision.loopGuard() == null ? "run" : decision.loopGuard().per().label())
              + ".";
      case GUARD_UNAVAILABLE ->
          "It cannot be known what is left of budget '"
              + (by == null ? "" : by.budget().name())
              + "', which refuses calls then.";
    };
  }

  private static String text(@Nullable Long nanos) {
    return nanos == null ? "an unknown amount" : Money.ofNanos(nanos).toText();
  }

  private static @Nullable String usd(@Nullable Long nanos) {
    return nanos == null ? null : Money.ofNanos(nanos).toUsd();
  }
}
