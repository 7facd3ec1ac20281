package dev.tokenledger.alerting.loopguard;

import dev.tokenledger.alerting.budget.BudgetScope;
import java.time.Instant;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What one session, trace or run may do before somebody looks at it.
 *
 * @param scope which calls it is for
 * @param maxCalls most authorized calls, or null for no bound
 * @param maxDepth deepest nesting of agents, as the caller tells it, or null
 * @param maxRepeatedToolCalls how often the same tool may be called with the same arguments, or
 *     null
 * @param maxCostNanos most that authorized calls are estimated to cost together, or null
 */
public record LoopGuard(
    UUID id,
    int tenantId,
    String name,
    BudgetScope scope,
    Per per,
    @Nullable Long maxCalls,
    @Nullable Integer maxDepth,
    @Nullable Integer maxRepeatedToolCalls,
    @Nullable Long maxCostNanos,
    Instant createdAt) {

  /** What is counted together. */
  public enum Per {
    SESSION,
    TRACE,
    RUN;

    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
