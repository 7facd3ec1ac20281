package dev.tokenledger.alerting.budget;

import org.jspecify.annotations.Nullable;

/** What was spent of a budget cannot be read; other budgets may be read all the same. */
public final class UnreadableBudgetException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UnreadableBudgetException(Budget budget, String reason, @Nullable Throwable cause) {
    super("budget " + budget.id() + " cannot be read: " + reason, cause);
  }
}
