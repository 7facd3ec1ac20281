/** The Numenta Anomaly Benchmark, scored by its own rules, and alarms on real usage. */
@NullMarked
package dev.tokenledger.bench.nab;

import org.jspecify.annotations.NullMarked;
