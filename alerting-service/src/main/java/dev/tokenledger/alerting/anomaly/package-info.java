/** Anomalies: found in one series of figures, point by point and without set-up, and reported. */
@NullMarked
package dev.tokenledger.alerting.anomaly;

import org.jspecify.annotations.NullMarked;
