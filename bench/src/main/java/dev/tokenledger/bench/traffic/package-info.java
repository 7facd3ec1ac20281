/** Seeded usage shaped like real traffic. */
@NullMarked
package dev.tokenledger.bench.traffic;

import org.jspecify.annotations.NullMarked;
