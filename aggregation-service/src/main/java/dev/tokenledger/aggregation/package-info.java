/** The ledger: settles what the door has admitted and keeps it exact. */
@NullMarked
package dev.tokenledger.aggregation;

import org.jspecify.annotations.NullMarked;
