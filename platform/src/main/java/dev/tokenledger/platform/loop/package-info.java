/** What is done again and again while the service runs. */
@NullMarked
package dev.tokenledger.platform.loop;

import org.jspecify.annotations.NullMarked;
