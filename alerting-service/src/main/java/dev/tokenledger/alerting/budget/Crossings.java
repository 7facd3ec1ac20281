package dev.tokenledger.alerting.budget;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The table of thresholds that were crossed, within the caller's transaction: the fence against
 * telling one twice.
 */
final class Crossings {
  private Crossings() {}

  /**
   * The highest threshold that was crossed in a period.
   *
   * @param amountNanos the budget's amount then; null where that was not noted
   */
  record Highest(int threshold, @Nullable Long amountNanos) {

    /** Whether it was crossed under another amount than the budget has now. */
    boolean isOfAnotherAmount(Budget budget) {
      return amountNanos != null && amountNanos != budget.amountNanos();
    }
  }

  /**
   * @param period what stands for the period: its start, or of a rolling one its end
   * @return null when none was crossed
   */
  static @Nullable Highest highest(Connection connection, Budget budget, Instant period)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT threshold, amount_nanos FROM alerting.crossings WHERE tenant_id = ?"
                + " AND budget_id = ? AND period_start = ? ORDER BY threshold DESC LIMIT 1")) {
      select.setInt(1, budget.tenantId());
      select.setObject(2, budget.id());
      select.setTimestamp(3, Timestamp.from(period));
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? new Highest(row.getInt(1), row.getObject(2, Long.class)) : null;
      }
    }
  }

  /**
   * Notes that a threshold was crossed.
   *
   * @param current whether the budget must still be there with this amount: who has read it before
   *     it was changed must not tell of it
   * @return false if that was noted before, or the budget was changed
   */
  static boolean insert(
      Connection connection,
      Budget budget,
      Instant period,
      int threshold,
      long spentNanos,
      boolean current)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO alerting.crossings"
                + " (budget_id, period_start, threshold, tenant_id, spent_nanos, amount_nanos)"
                + " SELECT budget_id, ?, ?, tenant_id, ?, ? FROM alerting.budgets"
                + " WHERE tenant_id = ? AND budget_id = ? AND deleted_at IS NULL"
                + " AND (NOT ? OR amount_nanos = ?) ON CONFLICT DO NOTHING")) {
      insert.setTimestamp(1, Timestamp.from(period));
      insert.setInt(2, threshold);
      insert.setLong(3, spentNanos);
      insert.setLong(4, budget.amountNanos());
      insert.setInt(5, budget.tenantId());
      insert.setObject(6, budget.id());
      insert.setBoolean(7, current);
      insert.setLong(8, budget.amountNanos());
      return insert.executeUpdate() == 1;
    }
  }

  /** Forgets what was crossed in a period, so that it is told when it is crossed again. */
  static void forget(Connection connection, Budget budget, Instant period) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement(
            "DELETE FROM alerting.crossings"
                + " WHERE tenant_id = ? AND budget_id = ? AND period_start = ?")) {
      delete.setInt(1, budget.tenantId());
      delete.setObject(2, budget.id());
      delete.setTimestamp(3, Timestamp.from(period));
      delete.executeUpdate();
    }
  }
}
