/** From incidents to deliveries: muted, grouped, delayed, and each notification sent once. */
@NullMarked
package dev.tokenledger.alerting.dispatch;

import org.jspecify.annotations.NullMarked;
