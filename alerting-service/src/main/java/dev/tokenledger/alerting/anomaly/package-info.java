/** Anomalies in one series of figures, point by point, without set-up. */
@NullMarked
package dev.tokenledger.alerting.anomaly;

import org.jspecify.annotations.NullMarked;
