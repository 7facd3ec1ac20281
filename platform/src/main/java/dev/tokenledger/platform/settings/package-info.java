/** Names of settings: which there are, and which are misspelled. */
@NullMarked
package dev.tokenledger.platform.settings;

import org.jspecify.annotations.NullMarked;
