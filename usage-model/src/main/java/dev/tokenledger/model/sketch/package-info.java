/** Mergeable summaries for what cannot be added up: percentiles and distinct counts. */
@NullMarked
package dev.tokenledger.model.sketch;

import org.jspecify.annotations.NullMarked;
