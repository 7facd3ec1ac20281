/** What each service needs to run: configuration, database, identity, problems, health. */
@NullMarked
package dev.tokenledger.platform;

import org.jspecify.annotations.NullMarked;
