/**
 * The query engine: any measures by any dimensions over any period, from the smallest rollups that
 * have them.
 */
@NullMarked
package dev.tokenledger.reporting.query;

import org.jspecify.annotations.NullMarked;
