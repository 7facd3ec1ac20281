/**
 * Spending that is stopped before it happens: questions whether a call may be made, and answers.
 *
 * <p>What is granted lies in Postgres before the caller hears of it. An epoch ties that to the
 * state in Redis: see {@link dev.tokenledger.alerting.reservation.GuardEpochs}.
 */
@NullMarked
package dev.tokenledger.alerting.authorization;

import org.jspecify.annotations.NullMarked;
