/** How far the numbers go. */
@NullMarked
package dev.tokenledger.platform.freshness;

import org.jspecify.annotations.NullMarked;
