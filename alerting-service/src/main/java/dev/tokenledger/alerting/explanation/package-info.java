/** What moved, against which baseline, and who accounts for how much of it. */
@NullMarked
package dev.tokenledger.alerting.explanation;

import org.jspecify.annotations.NullMarked;
