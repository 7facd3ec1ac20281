/** Proof that what was accepted is stored and rolled up, to the nano-dollar. */
@NullMarked
package dev.tokenledger.aggregation.reconciliation;

import org.jspecify.annotations.NullMarked;
