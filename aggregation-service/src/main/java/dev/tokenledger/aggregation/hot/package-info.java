/**
 * The current periods in Redis: absolute values, never increments, so that repeating is harmless.
 */
@NullMarked
package dev.tokenledger.aggregation.hot;

import org.jspecify.annotations.NullMarked;
