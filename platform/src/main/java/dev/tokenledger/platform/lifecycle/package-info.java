/** How a service comes up and goes down. */
@NullMarked
package dev.tokenledger.platform.lifecycle;

import org.jspecify.annotations.NullMarked;
