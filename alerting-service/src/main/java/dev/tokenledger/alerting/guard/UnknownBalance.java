package dev.tokenledger.alerting.guard;

import dev.tokenledger.alerting.budget.Budget;

/** What the guard takes as left of a budget that cannot be read. */
public final class UnknownBalance {
  /** Nobody has so much. */
  private static final long UNKNOWN = 1L << 62;

  /** More than can be reserved on top of it. */
  private static final long MARGIN = 1L << 58;

  private UnknownBalance() {}

  /** So much that it never refuses, or so little that it always does, as the budget says. */
  static long of(Budget budget) {
    return budget.allowWhenUnavailable() ? UNKNOWN : -UNKNOWN;
  }

  /** Whether an amount stands for one that is not known, whatever was reserved on top of it. */
  public static boolean is(long availableNanos) {
    return Math.abs(Math.abs(availableNanos) - UNKNOWN) < MARGIN;
  }
}
