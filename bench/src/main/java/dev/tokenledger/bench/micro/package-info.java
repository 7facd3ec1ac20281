/** Microbenchmarks of the steps that every event goes through. */
@NullMarked
package dev.tokenledger.bench.micro;

import org.jspecify.annotations.NullMarked;
