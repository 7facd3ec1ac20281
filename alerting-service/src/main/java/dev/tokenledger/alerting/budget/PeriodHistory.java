package dev.tokenledger.alerting.budget;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** What was spent in each period of a budget, within the caller's transaction. */
public final class PeriodHistory {
  private PeriodHistory() {}

  /** A period as it was last seen. */
  record Past(
      BudgetPeriod period,
      long amountNanos,
      long spentNanos,
      long unpricedCalls,
      Instant updatedAt) {}

  /** Notes what a period's spend is now; nothing is written when that is known already. */
  public static void note(
      Connection connection, Budget budget, BudgetPeriod period, Spend spend, Instant now)
      throws SQLException {
    try (PreparedStatement note =
        connection.prepareStatement(
            "INSERT INTO alerting.budget_periods AS p (budget_id, period_start, period_end,"
                + " tenant_id, amount_nanos, spent_nanos, unpriced_calls, updated_at)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (budget_id, period_start) DO UPDATE"
                + " SET period_end = excluded.period_end, amount_nanos = excluded.amount_nanos,"
                + " spent_nanos = excluded.spent_nanos, unpriced_calls = excluded.unpriced_calls,"
                + " updated_at = excluded.updated_at WHERE (p.period_end, p.amount_nanos,"
                + " p.spent_nanos, p.unpriced_calls) IS DISTINCT FROM (excluded.period_end,"
                + " excluded.amount_nanos, excluded.spent_nanos, excluded.unpriced_calls)")) {
      note.setObject(1, budget.id());
      note.setTimestamp(2, Timestamp.from(period.start()));
      note.setTimestamp(3, Timestamp.from(period.end()));
      note.setInt(4, budget.tenantId());
      note.setLong(5, budget.amountNanos());
      note.setLong(6, spend.countedNanos(budget));
      note.setLong(7, spend.unpricedCalls());
      note.setTimestamp(8, Timestamp.from(now));
      note.execute();
    }
  }

  /**
   * The amount that a period was last seen with.
   *
   * @return empty if the period was never looked at while it lasted
   */
  public static OptionalLong amountNanos(Connection connection, Budget budget, BudgetPeriod period)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT amount_nanos FROM alerting.budget_periods WHERE tenant_id = ?"
                + " AND budget_id = ? AND period_start = ? AND period_end = ?")) {
      select.setInt(1, budget.tenantId());
      select.setObject(2, budget.id());
      select.setTimestamp(3, Timestamp.from(period.start()));
      select.setTimestamp(4, Timestamp.from(period.end()));
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? OptionalLong.of(row.getLong(1)) : OptionalLong.empty();
      }
    }
  }

  /**
   * The latest periods that ended between two times, the latest first.
   *
   * @param from exclusive
   * @param until inclusive
   */
  public static List<BudgetPeriod> ended(
      Connection connection, Budget budget, Instant from, Instant until, int limit)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT period_start, period_end FROM alerting.budget_periods WHERE tenant_id = ?"
                + " AND budget_id = ? AND period_end > ? AND period_end <= ?"
                + " ORDER BY period_start DESC LIMIT ?")) {
      select.setInt(1, budget.tenantId());
      select.setObject(2, budget.id());
      select.setTimestamp(3, Timestamp.from(from));
      select.setTimestamp(4, Timestamp.from(until));
      select.setInt(5, limit);
      try (ResultSet row = select.executeQuery()) {
        List<BudgetPeriod> periods = new ArrayList<>();
        while (row.next()) {
          periods.add(
              new BudgetPeriod(row.getTimestamp(1).toInstant(), row.getTimestamp(2).toInstant()));
        }
        return periods;
      }
    }
  }

  static List<Past> list(Connection connection, Budget budget, int limit) throws SQLException {
    List<Past> periods = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT period_start, period_end, amount_nanos, spent_nanos, unpriced_calls, updated_at"
                + " FROM alerting.budget_periods WHERE tenant_id = ? AND budget_id = ?"
                + " ORDER BY period_start DESC LIMIT ?")) {
      select.setInt(1, budget.tenantId());
      select.setObject(2, budget.id());
      select.setInt(3, limit);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          periods.add(
              new Past(
                  new BudgetPeriod(
                      row.getTimestamp(1).toInstant(), row.getTimestamp(2).toInstant()),
                  row.getLong(3),
                  row.getLong(4),
                  row.getLong(5),
                  row.getTimestamp(6).toInstant()));
        }
      }
    }
    return periods;
  }
}
