/** Conditions that begin, get worse and end; what people do about them; what is to be told. */
@NullMarked
package dev.tokenledger.alerting.incident;

import org.jspecify.annotations.NullMarked;
