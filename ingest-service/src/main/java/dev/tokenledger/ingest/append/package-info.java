/** Admitted events made durable in the event streams. */
@NullMarked
package dev.tokenledger.ingest.append;

import org.jspecify.annotations.NullMarked;
