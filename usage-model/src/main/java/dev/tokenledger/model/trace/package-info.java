/** Which of several nested records of the same model call is counted. */
@NullMarked
package dev.tokenledger.model.trace;

import org.jspecify.annotations.NullMarked;
