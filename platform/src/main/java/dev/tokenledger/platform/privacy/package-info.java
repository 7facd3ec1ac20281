/** Pseudonyms in place of people. */
@NullMarked
package dev.tokenledger.platform.privacy;

import org.jspecify.annotations.NullMarked;
