/** The face of the ledger: queries and views. */
@NullMarked
package dev.tokenledger.reporting;

import org.jspecify.annotations.NullMarked;
