/** What is told to people and programs, whatever the channel. */
@NullMarked
package dev.tokenledger.alerting.notification;

import org.jspecify.annotations.NullMarked;
