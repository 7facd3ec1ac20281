/** Stored calls get the cost that a changed price list gives them. */
@NullMarked
package dev.tokenledger.aggregation.repricing;

import org.jspecify.annotations.NullMarked;
