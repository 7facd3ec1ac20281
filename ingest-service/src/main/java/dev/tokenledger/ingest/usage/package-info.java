/**
 * What providers and instrumentations report as usage, turned into one meaning: the input holds
 * what was cached, the output holds what was reasoned.
 */
@NullMarked
package dev.tokenledger.ingest.usage;

import org.jspecify.annotations.NullMarked;
