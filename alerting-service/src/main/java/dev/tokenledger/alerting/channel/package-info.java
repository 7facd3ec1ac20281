/** Where notifications go. */
@NullMarked
package dev.tokenledger.alerting.channel;

import org.jspecify.annotations.NullMarked;
