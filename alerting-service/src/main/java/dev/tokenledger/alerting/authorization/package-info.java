/**
 * Spending that is stopped before it happens: decisions, reservations and what bounds a loop.
 *
 * <p>What decides lies in Redis, where one script looks at all matching budgets and takes from them
 * at once. What is granted lies in Postgres before the caller hears of it. An epoch ties both: see
 * {@link dev.tokenledger.alerting.reservation.GuardEpochs}.
 */
@NullMarked
package dev.tokenledger.alerting.authorization;

import org.jspecify.annotations.NullMarked;
