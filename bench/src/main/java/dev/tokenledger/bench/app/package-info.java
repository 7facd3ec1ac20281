/** The product as a process of its own: started, watched and stopped. */
@NullMarked
package dev.tokenledger.bench.app;

import org.jspecify.annotations.NullMarked;
