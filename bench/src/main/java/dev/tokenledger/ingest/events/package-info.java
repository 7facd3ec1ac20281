/** Benchmarks of what the package keeps to itself. */
@NullMarked
package dev.tokenledger.ingest.events;

import org.jspecify.annotations.NullMarked;
