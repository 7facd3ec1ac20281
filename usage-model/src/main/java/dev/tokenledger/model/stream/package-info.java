/** The protocol of the streams between the services. */
@NullMarked
package dev.tokenledger.model.stream;

import org.jspecify.annotations.NullMarked;
