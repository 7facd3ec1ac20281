/** Text, numbers and times as requests bring them, checked in one place. */
@NullMarked
package dev.tokenledger.platform.text;

import org.jspecify.annotations.NullMarked;
