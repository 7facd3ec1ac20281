/** What every dialect decodes requests to. */
@NullMarked
package dev.tokenledger.ingest.decode;

import org.jspecify.annotations.NullMarked;
