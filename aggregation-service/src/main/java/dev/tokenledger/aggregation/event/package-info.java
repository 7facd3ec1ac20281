/** Events as the ledger stores them. */
@NullMarked
package dev.tokenledger.aggregation.event;

import org.jspecify.annotations.NullMarked;
