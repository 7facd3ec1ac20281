/** The table of API keys, for those who make the first ones and those who manage them. */
@NullMarked
package dev.tokenledger.ingest.keystore;

import org.jspecify.annotations.NullMarked;
