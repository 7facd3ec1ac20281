/**
 * Budgets: what may be spent by whom in which period, what was, and which thresholds that crosses.
 */
@NullMarked
package dev.tokenledger.alerting.budget;

import org.jspecify.annotations.NullMarked;
