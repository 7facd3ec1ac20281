/**
 * Blocks of accepted events: read from the stream, divided, and recognised when they come again.
 */
@NullMarked
package dev.tokenledger.aggregation.block;

import org.jspecify.annotations.NullMarked;
