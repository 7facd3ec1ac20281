/** Real stores for the tests of the services. */
@NullMarked
package dev.tokenledger.testsupport;

import org.jspecify.annotations.NullMarked;
