/**
 * The current periods in Redis: absolute values, never increments, so that repeating is harmless;
 * and the notice that they have changed.
 */
@NullMarked
package dev.tokenledger.aggregation.hot;

import org.jspecify.annotations.NullMarked;
