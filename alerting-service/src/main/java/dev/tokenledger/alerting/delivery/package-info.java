/** Notifications on their way: rows first, then requests. */
@NullMarked
package dev.tokenledger.alerting.delivery;

import org.jspecify.annotations.NullMarked;
