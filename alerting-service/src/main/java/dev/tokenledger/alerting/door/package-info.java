/** What the door knows and the guard needs: prices, and pseudonyms of people. */
@NullMarked
package dev.tokenledger.alerting.door;

import org.jspecify.annotations.NullMarked;
