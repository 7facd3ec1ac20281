package dev.tokenledger.aggregation.settle;

import dev.tokenledger.aggregation.event.LedgerEvent;
import dev.tokenledger.aggregation.rollup.RollupDelta;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;

/** Changes to what the ledger holds already, within the transaction of a settlement. */
final class Corrections {
  List<LedgerEvent> placeInTraces(
      Connection connection,
      List<Settlement.Encoded> batches,
      List<LedgerEvent> stored,
      RollupDelta delta)
      throws SQLException {
    return stored;
  }

  Set<EventStore.Identity> amend(
      Connection connection, List<LedgerEvent> updates, RollupDelta delta) throws SQLException {
    return Set.of();
  }
}
