/** Events as the ledger stores them, and how they are written, read and corrected. */
@NullMarked
package dev.tokenledger.aggregation.event;

import org.jspecify.annotations.NullMarked;
