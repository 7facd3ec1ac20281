/** The traffic as the ledger stores it, made without the services. */
@NullMarked
package dev.tokenledger.bench.ledger;

import org.jspecify.annotations.NullMarked;
