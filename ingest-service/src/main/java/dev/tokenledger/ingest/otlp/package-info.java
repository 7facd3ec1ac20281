/** The OTLP dialect: spans of GenAI instrumentations become usage events and links. */
@NullMarked
package dev.tokenledger.ingest.otlp;

import org.jspecify.annotations.NullMarked;
