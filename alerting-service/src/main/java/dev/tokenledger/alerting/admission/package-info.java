/** What the guard needs of admission: prices, pseudonyms of people, ids of keys. */
@NullMarked
package dev.tokenledger.alerting.admission;

import org.jspecify.annotations.NullMarked;
