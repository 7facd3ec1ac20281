package dev.tokenledger.alerting.guard;

import dev.tokenledger.alerting.budget.Budget;
import dev.tokenledger.alerting.loopguard.LoopGuard;
import java.util.List;
import java.util.Map;

/**
 * A tenant's budgets and loop guards, as they are at an epoch.
 *
 * @param epoch 0 for a tenant that never had any
 */
public record GuardSnapshot(
    int tenantId, long epoch, List<Budget> budgets, List<LoopGuard> loopGuards) {
  public GuardSnapshot {
    budgets = List.copyOf(budgets);
    loopGuards = List.copyOf(loopGuards);
  }

  public List<Budget> matching(Map<String, String> subject) {
    return budgets.stream().filter(budget -> budget.scope().matches(subject)).toList();
  }

  /** The loop guards that count a call: it is within their scope and says what it belongs to. */
  public List<LoopGuard> counting(AuthorizationRequest request) {
    return loopGuards.stream()
        .filter(guard -> request.counted(guard.per()) != null)
        .filter(guard -> guard.scope().matches(request.subject()))
        .toList();
  }
}
