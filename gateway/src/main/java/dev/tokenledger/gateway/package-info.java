/** One address in front of the four services. */
@NullMarked
package dev.tokenledger.gateway;

import org.jspecify.annotations.NullMarked;
