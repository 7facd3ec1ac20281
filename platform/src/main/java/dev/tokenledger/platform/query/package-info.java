/**
 * The query engine: any measures by any dimensions over any period, from the smallest rollups that
 * have them.
 */
@NullMarked
package dev.tokenledger.platform.query;

import org.jspecify.annotations.NullMarked;
