package dev.tokenledger.aggregation.rollup;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.SortedSet;

/**
 * Lets one transaction at a time change the sums of a tenant, in all processes together. Batches of
 * one tenant change the same rows, so they would wait for each other anyhow; the lock makes them do
 * so before they begin, and saves a lock on every row.
 *
 * <p>It is the last thing that a transaction waits for: whoever holds it takes no lock that a
 * transaction without it may hold.
 */
final class TenantLock {
  /** Tells this lock from others on a tenant's number. */
  private static final int SPACE = 730_583;

  private TenantLock() {}

  /** Waits for the tenants' locks, which end with the transaction; taking one again is harmless. */
  static void take(Connection connection, SortedSet<Integer> tenants) throws SQLException {
    try (PreparedStatement lock =
        connection.prepareStatement("SELECT pg_advisory_xact_lock(?, ?)")) {
      lock.setInt(1, SPACE);
      for (int tenant : tenants) {
        lock.setInt(2, tenant);
        lock.execute();
      }
    }
  }
}
