@NullMarked
package dev.tokenledger.model.price;

import org.jspecify.annotations.NullMarked;
