package dev.tokenledger.alerting.budget;

/**
 * What was spent in a period.
 *
 * @param costNanos what is known to have been spent, in nano-dollars
 * @param unpricedCalls calls whose cost is not known and not in the amount
 */
public record Spend(long costNanos, long unpricedCalls) {

  /** What counts against a budget: the known cost, and what unpriced calls are assumed to cost. */
  public long countedNanos(Budget budget) {
    return Math.addExact(costNanos, assumedNanos(budget));
  }

  /** What unpriced calls are assumed to cost; zero where nothing is assumed. */
  public long assumedNanos(Budget budget) {
    return Math.multiplyExact(unpricedCalls, budget.assumedNanos());
  }
}
