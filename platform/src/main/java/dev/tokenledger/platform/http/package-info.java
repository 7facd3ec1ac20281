/** What every request to an API meets, whichever endpoint it is for: limits, checks, headers. */
@NullMarked
package dev.tokenledger.platform.http;

import org.jspecify.annotations.NullMarked;
