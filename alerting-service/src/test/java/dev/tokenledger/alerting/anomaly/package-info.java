@NullMarked
package dev.tokenledger.alerting.anomaly;

import org.jspecify.annotations.NullMarked;
