/** The fence against counting an event twice. */
@NullMarked
package dev.tokenledger.aggregation.identity;

import org.jspecify.annotations.NullMarked;
