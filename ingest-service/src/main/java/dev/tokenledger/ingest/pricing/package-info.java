/** Price lists of others, and prices as the API shows and takes them. */
@NullMarked
package dev.tokenledger.ingest.pricing;

import org.jspecify.annotations.NullMarked;
