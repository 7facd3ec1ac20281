/** The packaged product, tested from outside: over HTTP, with SQL only to look at the ledger. */
@NullMarked
package dev.tokenledger.standalone.product;

import org.jspecify.annotations.NullMarked;
