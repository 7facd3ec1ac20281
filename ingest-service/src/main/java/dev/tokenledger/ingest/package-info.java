/** The door: what applications report becomes priced, durable events. */
@NullMarked
package dev.tokenledger.ingest;

import org.jspecify.annotations.NullMarked;
