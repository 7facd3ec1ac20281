/** Errors as clients see them: RFC 9457 problem details with stable codes. */
@NullMarked
package dev.tokenledger.platform.problem;

import org.jspecify.annotations.NullMarked;
