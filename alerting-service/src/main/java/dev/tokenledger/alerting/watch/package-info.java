/** Usage watched for what is unusual, without set-up. */
@NullMarked
package dev.tokenledger.alerting.watch;

import org.jspecify.annotations.NullMarked;
