/** Dated prices, and what a model call costs under them. */
@NullMarked
package dev.tokenledger.model.price;

import org.jspecify.annotations.NullMarked;
