/** What the door knows and the guard needs: prices, pseudonyms of people, ids of keys. */
@NullMarked
package dev.tokenledger.alerting.door;

import org.jspecify.annotations.NullMarked;
