/** From drafts to admitted events: time window, privacy, price, quota. */
@NullMarked
package dev.tokenledger.ingest.admission;

import org.jspecify.annotations.NullMarked;
