/** Redis, from worker threads. */
@NullMarked
package dev.tokenledger.platform.redis;

import org.jspecify.annotations.NullMarked;
