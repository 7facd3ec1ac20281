package dev.tokenledger.alerting.budget;

/**
 * What was spent in a period.
 *
 * @param nanos nano-dollars
 * @param unpricedCalls calls whose cost is not known and not in the amount
 */
public record Spend(long nanos, long unpricedCalls) {}
