/** Alerts of the product's own: accepted events that could not be settled. */
@NullMarked
package dev.tokenledger.alerting.deadevent;

import org.jspecify.annotations.NullMarked;
