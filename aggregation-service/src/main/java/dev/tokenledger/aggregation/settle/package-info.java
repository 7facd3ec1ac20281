/**
 * Batches of blocks become rows: deduplicated, corrected, stored and rolled up in one transaction.
 */
@NullMarked
package dev.tokenledger.aggregation.settle;

import org.jspecify.annotations.NullMarked;
