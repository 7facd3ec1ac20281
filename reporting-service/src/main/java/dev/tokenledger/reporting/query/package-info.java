/** Questions over HTTP. */
@NullMarked
package dev.tokenledger.reporting.query;

import org.jspecify.annotations.NullMarked;
