/** What the door masks, for all to read. */
@NullMarked
package dev.tokenledger.ingest.privacy;

import org.jspecify.annotations.NullMarked;
