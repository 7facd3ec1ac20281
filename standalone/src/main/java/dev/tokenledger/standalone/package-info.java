/** All four services in one process, with their own Postgres and Redis. */
@NullMarked
package dev.tokenledger.standalone;

import org.jspecify.annotations.NullMarked;
