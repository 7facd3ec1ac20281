/** Sums of events by bucket and dimensions: what a batch adds, and how it is written and kept. */
@NullMarked
package dev.tokenledger.aggregation.rollup;

import org.jspecify.annotations.NullMarked;
