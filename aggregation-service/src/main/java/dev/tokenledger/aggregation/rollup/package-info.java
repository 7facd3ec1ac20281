/** What a batch adds to the rollups. */
@NullMarked
package dev.tokenledger.aggregation.rollup;

import org.jspecify.annotations.NullMarked;
