/** Identities of events, so that none is counted twice. */
@NullMarked
package dev.tokenledger.aggregation.identity;

import org.jspecify.annotations.NullMarked;
