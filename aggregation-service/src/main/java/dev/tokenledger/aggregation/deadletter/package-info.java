/** Blocks that could not be settled: kept, listed, replayed. */
@NullMarked
package dev.tokenledger.aggregation.deadletter;

import org.jspecify.annotations.NullMarked;
