/** Request bodies, read within their bounds. */
@NullMarked
package dev.tokenledger.ingest.body;

import org.jspecify.annotations.NullMarked;
