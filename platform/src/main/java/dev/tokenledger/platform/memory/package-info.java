/** Memory that grows with what callers send or ask for, bounded for the process as a whole. */
@NullMarked
package dev.tokenledger.platform.memory;

import org.jspecify.annotations.NullMarked;
