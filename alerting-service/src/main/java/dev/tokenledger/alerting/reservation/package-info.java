/** Reservations as they are kept: rows that outlive Redis and every process. */
@NullMarked
package dev.tokenledger.alerting.reservation;

import org.jspecify.annotations.NullMarked;
