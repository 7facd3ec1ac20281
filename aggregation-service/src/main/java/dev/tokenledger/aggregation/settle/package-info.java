/**
 * Blocks become rows: read from the stream, deduplicated, stored and rolled up in one transaction.
 */
@NullMarked
package dev.tokenledger.aggregation.settle;

import org.jspecify.annotations.NullMarked;
