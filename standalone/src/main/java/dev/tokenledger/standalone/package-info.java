/**
 * All four services with their own Postgres and Redis: in one process, or as four behind a gateway.
 */
@NullMarked
package dev.tokenledger.standalone;

import org.jspecify.annotations.NullMarked;
