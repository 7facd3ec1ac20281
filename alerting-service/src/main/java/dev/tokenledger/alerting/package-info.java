/** The guard: budgets and notifications. */
@NullMarked
package dev.tokenledger.alerting;

import org.jspecify.annotations.NullMarked;
