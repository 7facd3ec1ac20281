/** Alerts as people and their programs see them. */
@NullMarked
package dev.tokenledger.alerting.alert;

import org.jspecify.annotations.NullMarked;
