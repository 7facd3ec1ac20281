@NullMarked
package dev.tokenledger.ingest.pricing;

import org.jspecify.annotations.NullMarked;
