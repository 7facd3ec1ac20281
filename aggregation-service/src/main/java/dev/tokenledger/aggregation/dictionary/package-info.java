/** Dimension values and their combinations as numbers. */
@NullMarked
package dev.tokenledger.aggregation.dictionary;

import org.jspecify.annotations.NullMarked;
