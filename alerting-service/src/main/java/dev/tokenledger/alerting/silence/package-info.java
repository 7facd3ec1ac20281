/** What nobody wants to be told of for a while. */
@NullMarked
package dev.tokenledger.alerting.silence;

import org.jspecify.annotations.NullMarked;
