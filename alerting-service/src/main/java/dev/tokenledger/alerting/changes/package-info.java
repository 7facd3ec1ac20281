/** The ledger's word that something has changed. */
@NullMarked
package dev.tokenledger.alerting.changes;

import org.jspecify.annotations.NullMarked;
