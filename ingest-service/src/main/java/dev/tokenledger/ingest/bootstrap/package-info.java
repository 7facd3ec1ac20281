/** Start of the ingest service, and what it makes at the very first. */
@NullMarked
package dev.tokenledger.ingest.bootstrap;

import org.jspecify.annotations.NullMarked;
