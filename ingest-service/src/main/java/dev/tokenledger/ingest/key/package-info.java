/** Projects and API keys. */
@NullMarked
package dev.tokenledger.ingest.key;

import org.jspecify.annotations.NullMarked;
