@NullMarked
package dev.tokenledger.aggregation.identity;

import org.jspecify.annotations.NullMarked;
