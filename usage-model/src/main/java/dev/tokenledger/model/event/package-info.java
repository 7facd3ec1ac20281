/** The events that applications report, as every service understands them. */
@NullMarked
package dev.tokenledger.model.event;

import org.jspecify.annotations.NullMarked;
