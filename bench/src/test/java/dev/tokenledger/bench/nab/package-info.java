@NullMarked
package dev.tokenledger.bench.nab;

import org.jspecify.annotations.NullMarked;
