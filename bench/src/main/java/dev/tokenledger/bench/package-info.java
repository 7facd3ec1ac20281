/** Figures of the whole product, measured from outside, beside what its parts can do alone. */
@NullMarked
package dev.tokenledger.bench;

import org.jspecify.annotations.NullMarked;
