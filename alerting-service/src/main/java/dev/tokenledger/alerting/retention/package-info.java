/** How long what has ended is kept. */
@NullMarked
package dev.tokenledger.alerting.retention;

import org.jspecify.annotations.NullMarked;
