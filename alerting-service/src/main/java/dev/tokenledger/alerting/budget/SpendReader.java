package dev.tokenledger.alerting.budget;

import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.rollup.MeasureVector;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.loop.StoreOutage;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import dev.tokenledger.platform.query.Granularity;
import dev.tokenledger.platform.query.Period;
import dev.tokenledger.platform.query.Query;
import dev.tokenledger.platform.query.QueryService;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Reads what was spent within a scope and period; exact to the minute, whatever the rollups keep:
 * where their buckets are longer than the period's edges, the events themselves are read.
 */
public final class SpendReader {
  private static final ZoneId UTC = ZoneId.of("UTC");

  private final QueryService queries;
  private final UnreadableBudgets unreadable;

  public SpendReader(QueryService queries, UnreadableBudgets unreadable) {
    this.queries = queries;
    this.unreadable = unreadable;
  }

  /**
   * Reads within the caller's transaction, which is of no more use after a failure.
   *
   * @param connection in a snapshot as the budget's tenant
   * @throws UnreadableBudgetException if the scope is kept in no rollup and the period has more
   *     events than can be added up in the time for a statement, or it cannot be read for any other
   *     reason that concerns this budget alone; also without another attempt for some time after
   */
  public Spend read(Connection connection, Budget budget, BudgetPeriod period) throws SQLException {
    unreadable
        .leftAlone(budget)
        .ifPresent(
            known -> {
              throw new UnreadableBudgetException(budget, known.reason(), null);
            });
    Instant begun = unreadable.now();
    try {
      Spend spend = read(connection, budget.tenantId(), budget.scope(), period);
      if (isCurrent(period, begun)) {
        unreadable.succeeded(budget);
      }
      return spend;
    } catch (SQLException e) {
      if (Database.isUnavailable(e) || Database.isTransient(e)) {
        throw e;
      }
      throw failed(budget, period, begun, e);
    } catch (RuntimeException e) {
      if (StoreOutage.isOne(e)
          || e instanceof ProblemException problem && problem.code() == ProblemCode.BUSY) {
        throw e;
      }
      throw failed(budget, period, begun, e);
    }
  }

  private UnreadableBudgetException failed(
      Budget budget, BudgetPeriod period, Instant begun, Exception cause) {
    String reason = String.valueOf(cause.getMessage());
    if (isCurrent(period, begun)) {
      unreadable.failed(budget, reason, Duration.between(begun, unreadable.now()), cause);
    }
    return new UnreadableBudgetException(budget, reason, cause);
  }

  private static boolean isCurrent(BudgetPeriod period, Instant now) {
    return now.isBefore(period.end());
  }

  /** Why a budget cannot be read now; empty when it can, as far as is known. */
  public Optional<UnreadableBudgets.Unreadable> unreadable(Budget budget) {
    return unreadable.leftAlone(budget);
  }

  /**
   * Reads for the first time what a budget would be of, within the caller's transaction.
   *
   * @throws ProblemException if it cannot be read
   */
  Spend read(Connection connection, int tenantId, BudgetScope scope, BudgetPeriod period)
      throws SQLException {
    MeasureVector sums =
        queries.total(
            connection,
            tenantId,
            new Period(period.start(), period.end(), UTC),
            scope.values(),
            List.of("cost_usd", "unpriced_calls"));
    return new Spend(sums.get(Measure.COST), sums.get(Measure.UNPRICED_CALLS));
  }

  /**
   * Cost in nano-dollars by hour of the last {@link SpendForecast#HISTORY}, known cost alone;
   * within the caller's transaction.
   */
  public Map<Instant, Long> hours(Connection connection, Budget budget, Instant now)
      throws SQLException {
    BudgetPeriod history = new BudgetPeriod(now.minus(SpendForecast.HISTORY), now);
    Map<Instant, Long> hours = new TreeMap<>();
    for (QueryService.Cell cell :
        queries.cells(connection, budget.tenantId(), hourly(budget.scope(), history)).cells()) {
      if (cell.time() != null && cell.sums().get(Measure.COST) != 0) {
        hours.merge(cell.time(), cell.sums().get(Measure.COST), Math::addExact);
      }
    }
    return hours;
  }

  /** Mean cost of an hour over the last day, or the period so far where that is shorter. */
  static long burnNanosPerHour(Map<Instant, Long> hours, BudgetPeriod period, Instant now) {
    Instant dayAgo = now.minus(Duration.ofDays(1));
    Instant from = period.start().isAfter(dayAgo) ? period.start() : dayAgo;
    BigDecimal nanos = BigDecimal.ZERO;
    for (Map.Entry<Instant, Long> hour : hours.entrySet()) {
      Instant start = hour.getKey();
      Instant end = start.plus(Duration.ofHours(1));
      end = end.isAfter(now) ? now : end;
      if (!end.isAfter(from)) {
        continue;
      }
      BigDecimal cost = BigDecimal.valueOf(hour.getValue());
      if (start.isBefore(from)) {
        // Of the hour in which the time begins, as much as lies within it.
        cost =
            cost.multiply(millis(from, end)).divide(millis(start, end), 0, RoundingMode.HALF_EVEN);
      }
      nanos = nanos.add(cost);
    }
    long seconds = Math.max(60, Duration.between(from, now).toSeconds());
    return nanos
        .multiply(BigDecimal.valueOf(3_600))
        .divide(BigDecimal.valueOf(seconds), 0, RoundingMode.HALF_EVEN)
        .longValueExact();
  }

  private static BigDecimal millis(Instant from, Instant until) {
    return BigDecimal.valueOf(Duration.between(from, until).toMillis());
  }

  private static Query hourly(BudgetScope scope, BudgetPeriod period) {
    return new Query(
        Query.measures(List.of("cost_usd")),
        List.of(),
        Query.filters(scope.values()),
        Granularity.HOUR,
        new Period(period.start(), period.end(), UTC),
        null,
        false,
        Query.MAX_LIMIT,
        false);
  }
}
