package dev.tokenledger.platform.query;

import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.rollup.UserSpan;
import dev.tokenledger.model.rollup.UserSpanPlan;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Reads what the ledger has added up of users over models and longer buckets. How far that has come
 * is read in the caller's snapshot, so that it and the rollups around it add up.
 */
final class UserSumsReader {
  /** The dimensions that are kept. */
  static final Set<Dimension> DIMENSIONS =
      EnumSet.of(Dimension.TYPE, Dimension.PROJECT, Dimension.ENVIRONMENT, Dimension.USER);

  private final Connection connection;
  private final int tenantId;
  private final Query query;
  private final List<Filter> filters;

  /**
   * @param query whose dimensions and filters are among {@link #DIMENSIONS}
   * @param filters those of the query
   */
  UserSumsReader(Connection connection, int tenantId, Query query, List<Filter> filters) {
    this.connection = connection;
    this.tenantId = tenantId;
    this.query = query;
    this.filters = filters;
  }

  /** Covers a stretch of whole hours with buckets that lie within those of the answer. */
  UserSpanPlan plan(Instant start, Instant end) throws SQLException {
    Map<UserSpan, Instant> complete = new EnumMap<>(UserSpan.class);
    if (query.granularity() == Granularity.NONE) {
      complete.putAll(CompleteUserSums.read(connection, tenantId));
    } else if (query.granularity().coarsestGrain(query.period()) == Grain.DAY) {
      complete.putAll(CompleteUserSums.read(connection, tenantId));
      complete.remove(UserSpan.EIGHT_DAYS);
    }
    return UserSpanPlan.cover(start, end, UserSpan.EIGHT_DAYS, complete);
  }

  void read(List<UserSpanPlan.Run> runs, Groups groups) throws SQLException {
    List<Measure> sums = QueryMeasure.sumsOf(query.measures());
    if (runs.isEmpty()) {
      return;
    }
    try (PreparedStatement select = connection.prepareStatement(sql(runs, sums))) {
      select.setFetchSize(RollupReader.FETCH_ROWS);
      bind(select, runs);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          RollupReader.addSums(rows, query, sums, groups);
        }
      }
    }
  }

  private boolean hasTime() {
    return query.granularity() != Granularity.NONE;
  }

  private int keyColumns() {
    return (hasTime() ? 1 : 0) + query.dimensions().size();
  }

  private String sql(List<UserSpanPlan.Run> runs, List<Measure> sums) {
    String filter =
        filters.stream()
            .map(f -> " AND " + column(f.dimension()) + " = ANY (?)")
            .collect(Collectors.joining());
    // Each run has a part of its own: the planner knows the bounds of each.
    String rows =
        runs.stream()
            .map(
                run ->
                    "SELECT * FROM ledger.user_sums WHERE tenant_id = ? AND hours = ?"
                        + " AND bucket >= ? AND bucket < ?"
                        + filter)
            .collect(Collectors.joining(" UNION ALL "));
    return "SELECT "
        + (hasTime() ? "date_trunc(?, bucket, ?) AS t, " : "")
        + query.dimensions().stream().map(d -> column(d) + ", ").collect(Collectors.joining())
        + sums.stream()
            .map(measure -> "sum(" + measure.column() + ")::bigint, ")
            .collect(Collectors.joining())
        + "sum("
        + RollupReader.EVENTS
        + ")::bigint FROM ("
        + rows
        + ") AS r"
        + (keyColumns() == 0
            ? ""
            : " GROUP BY "
                + IntStream.rangeClosed(1, keyColumns())
                    .mapToObj(Integer::toString)
                    .collect(Collectors.joining(", ")));
  }

  private static String column(QueryDimension dimension) {
    return '"' + dimension.dimension().label() + '"';
  }

  private void bind(PreparedStatement select, List<UserSpanPlan.Run> runs) throws SQLException {
    int at = 1;
    if (hasTime()) {
      select.setString(at++, query.granularity().label());
      select.setString(at++, query.period().zoneName());
    }
    for (UserSpanPlan.Run run : runs) {
      select.setInt(at++, tenantId);
      select.setInt(at++, run.span().hours());
      select.setObject(at++, run.from().atOffset(ZoneOffset.UTC));
      select.setObject(at++, run.until().atOffset(ZoneOffset.UTC));
      for (Filter filter : filters) {
        select.setArray(at++, connection.createArrayOf("integer", filter.ids().toArray()));
      }
    }
  }
}
