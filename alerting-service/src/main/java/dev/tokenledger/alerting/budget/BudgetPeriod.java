package dev.tokenledger.alerting.budget;

import java.time.Instant;

/**
 * A budget's period at some moment.
 *
 * @param start inclusive
 * @param end exclusive; of a rolling period, the end of today
 */
public record BudgetPeriod(Instant start, Instant end) {}
