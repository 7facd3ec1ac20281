/**
 * The state in Redis that decides on calls, how it is kept in step with the ledger, and the script
 * that looks at all matching budgets and takes from them at once.
 */
@NullMarked
package dev.tokenledger.alerting.guard;

import org.jspecify.annotations.NullMarked;
