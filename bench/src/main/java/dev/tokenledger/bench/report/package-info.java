/** The machine, and the figures as text. */
@NullMarked
package dev.tokenledger.bench.report;

import org.jspecify.annotations.NullMarked;
