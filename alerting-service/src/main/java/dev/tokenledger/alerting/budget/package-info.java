/** Budgets: what may be spent by whom in which period, and what was. */
@NullMarked
package dev.tokenledger.alerting.budget;

import org.jspecify.annotations.NullMarked;
