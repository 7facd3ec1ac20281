/** Budgets against the ledger: absolute values, looked at again and again. */
@NullMarked
package dev.tokenledger.alerting.evaluation;

import org.jspecify.annotations.NullMarked;
