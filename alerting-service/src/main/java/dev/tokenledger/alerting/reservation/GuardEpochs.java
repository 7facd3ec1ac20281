package dev.tokenledger.alerting.reservation;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * The epoch of each tenant's guard: a number that grows when its budgets change, and when what
 * Redis holds of them is made anew. All reservations of an epoch are committed before the next one
 * begins, so that whoever begins an epoch and then reads the reservations has them all.
 */
public final class GuardEpochs {
  private GuardEpochs() {}

  /**
   * Begins the next epoch, which holds from the end of the caller's transaction. Waits for
   * reservations of the last one that are being committed.
   */
  public static long next(Connection connection, int tenantId) throws SQLException {
    return next(connection, tenantId, 0);
  }

  /**
   * As {@link #next(Connection, int)}, with a number beyond one that was seen elsewhere: Redis may
   * know a later epoch than a database that was restored from a backup.
   */
  public static long next(Connection connection, int tenantId, long beyond) throws SQLException {
    try (PreparedStatement next =
        connection.prepareStatement(
            "INSERT INTO alerting.guard_epochs AS g (tenant_id, epoch) VALUES (?, ?)"
                + " ON CONFLICT (tenant_id) DO UPDATE"
                + " SET epoch = greatest(g.epoch + 1, excluded.epoch) RETURNING epoch")) {
      next.setInt(1, tenantId);
      next.setLong(2, beyond + 1);
      try (ResultSet row = next.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  /** The epoch of now; 0 for a tenant that never had a budget. */
  public static long current(Connection connection, int tenantId) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT epoch FROM alerting.guard_epochs WHERE tenant_id = ?")) {
      select.setInt(1, tenantId);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? row.getLong(1) : 0;
      }
    }
  }
}
