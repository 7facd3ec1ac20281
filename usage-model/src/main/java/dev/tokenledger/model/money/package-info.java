/** Money as integer nano-dollars. */
@NullMarked
package dev.tokenledger.model.money;

import org.jspecify.annotations.NullMarked;
