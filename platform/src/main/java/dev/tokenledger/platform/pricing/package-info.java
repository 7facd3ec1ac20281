/** Prices as the API and the database hold them. */
@NullMarked
package dev.tokenledger.platform.pricing;

import org.jspecify.annotations.NullMarked;
