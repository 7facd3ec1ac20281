/** Who is calling: API keys today, with the place where access tokens will join them. */
@NullMarked
package dev.tokenledger.platform.identity;

import org.jspecify.annotations.NullMarked;
