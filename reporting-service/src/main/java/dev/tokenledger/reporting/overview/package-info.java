/** The first page: all that matters of a period, against the one before. */
@NullMarked
package dev.tokenledger.reporting.overview;

import org.jspecify.annotations.NullMarked;
