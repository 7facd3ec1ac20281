/** The kinds of receivers: what a notification looks like at each, and how it gets there. */
@NullMarked
package dev.tokenledger.alerting.receiver;

import org.jspecify.annotations.NullMarked;
