/** What is added up, by what, and over which stretch of time. */
@NullMarked
package dev.tokenledger.model.rollup;

import org.jspecify.annotations.NullMarked;
