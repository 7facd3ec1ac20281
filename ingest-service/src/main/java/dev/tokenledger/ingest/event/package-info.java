/** What a dialect hands to the door, whatever it read. */
@NullMarked
package dev.tokenledger.ingest.event;

import org.jspecify.annotations.NullMarked;
