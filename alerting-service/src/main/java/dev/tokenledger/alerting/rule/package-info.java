/** Rules: a measure, a window, a comparison; and what holds of them. */
@NullMarked
package dev.tokenledger.alerting.rule;

import org.jspecify.annotations.NullMarked;
