@NullMarked
package dev.tokenledger.gateway;

import org.jspecify.annotations.NullMarked;
