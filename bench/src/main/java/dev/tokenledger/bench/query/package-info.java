/** Questions over a long history, asked of the product and of the raw table. */
@NullMarked
package dev.tokenledger.bench.query;

import org.jspecify.annotations.NullMarked;
