/** What Postgres and Redis do alone with the same rows and blocks. */
@NullMarked
package dev.tokenledger.bench.baseline;

import org.jspecify.annotations.NullMarked;
