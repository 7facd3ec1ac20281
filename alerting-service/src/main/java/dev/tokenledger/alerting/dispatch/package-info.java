/** From what is to be told of incidents to deliveries: mute, group, wait, tell once. */
@NullMarked
package dev.tokenledger.alerting.dispatch;

import org.jspecify.annotations.NullMarked;
