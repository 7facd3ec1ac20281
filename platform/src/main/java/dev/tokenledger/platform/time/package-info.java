/** Which moments can be named. */
@NullMarked
package dev.tokenledger.platform.time;

import org.jspecify.annotations.NullMarked;
