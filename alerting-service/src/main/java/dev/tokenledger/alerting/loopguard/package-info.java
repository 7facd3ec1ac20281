/** Limits on what one session or run may do, so that a loop ends. */
@NullMarked
package dev.tokenledger.alerting.loopguard;

import org.jspecify.annotations.NullMarked;
