/** How far the numbers go. */
@NullMarked
package dev.tokenledger.reporting.freshness;

import org.jspecify.annotations.NullMarked;
