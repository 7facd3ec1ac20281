/** The native event format, alone and within CloudEvents. */
@NullMarked
package dev.tokenledger.ingest.events;

import org.jspecify.annotations.NullMarked;
