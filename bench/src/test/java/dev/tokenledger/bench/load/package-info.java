@NullMarked
package dev.tokenledger.bench.load;

import org.jspecify.annotations.NullMarked;
