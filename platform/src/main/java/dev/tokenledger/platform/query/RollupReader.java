package dev.tokenledger.platform.query;

import dev.tokenledger.model.rollup.BucketPlan;
import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.rollup.UserSpanPlan;
import dev.tokenledger.model.sketch.SketchSet;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads one question from the rollups. Sums are first added up by series, which needs nothing but
 * the rows themselves, and only then joined with what the series stand for.
 */
final class RollupReader {
  /** Rows of a fetch: some hundred bytes each, of sketches some thousand. */
  static final int FETCH_ROWS = 1_000;

  private static final int FETCH_SKETCHES = 200;

  /** What happened in a row, whatever it was; a row that a correction emptied has nothing. */
  static final String EVENTS =
      "coalesce(r.model_calls, 0) + coalesce(r.agent_runs, 0)"
          + " + coalesce(r.steps, 0) + coalesce(r.user_actions, 0)";

  private final Connection connection;
  private final int tenantId;
  private final Query query;
  private final List<Filter> filters;
  private final Set<SketchSet.Part> sketches;
  private final @Nullable Integer tagKey;

  /**
   * @param filters those of the query
   * @param tagKey number of the key whose tags are read, for the cuboid of tags
   */
  RollupReader(
      Connection connection,
      int tenantId,
      Query query,
      List<Filter> filters,
      @Nullable Integer tagKey) {
    this.connection = connection;
    this.tenantId = tenantId;
    this.query = query;
    this.filters = filters;
    this.sketches = QueryMeasure.sketchesOf(query.measures());
    this.tagKey = tagKey;
  }

  /**
   * @param plan whose cuboids have the dimensions and filters of the query
   */
  void read(QueryPlan plan, Groups groups) throws SQLException {
    if (plan.isOfUsers(query)) {
      readUsers(plan, groups);
    } else {
      read(plan, plan.buckets(), groups);
    }
  }

  /** What is added up over models already is read so, and the rest from the rollups. */
  private void readUsers(QueryPlan plan, Groups groups) throws SQLException {
    UserSumsReader reader = new UserSumsReader(connection, tenantId, query, filters);
    List<BucketPlan.Run> runs = plan.buckets().runs();
    UserSpanPlan spans = reader.plan(runs.get(0).from(), runs.get(runs.size() - 1).until());
    reader.read(spans.runs(), groups);
    for (UserSpanPlan.Period rest : spans.rest()) {
      BucketPlan buckets =
          BucketPlan.cover(
              rest.from(),
              rest.until(),
              Cuboid.BY_USER.finestGrain(),
              query.granularity().coarsestGrain(query.period()));
      read(plan, buckets, groups);
    }
  }

  private void read(QueryPlan plan, BucketPlan buckets, Groups groups) throws SQLException {
    List<Measure> sums = QueryMeasure.sumsOf(query.measures());
    for (BucketPlan.Run run : buckets.runs()) {
      Cuboid cuboid = plan.cuboid(run.grain());
      readSums(cuboid, run, sums, groups);
      if (query.needsSketches()) {
        readSketches(cuboid, run, run.grain().sketchTable(), groups);
        // What is not folded yet lies here, at the cuboid's finest grain.
        readSketches(cuboid, run, "ledger.sketch_journal", groups);
      }
    }
  }

  private void readSums(Cuboid cuboid, BucketPlan.Run run, List<Measure> sums, Groups groups)
      throws SQLException {
    boolean named = !query.dimensions().isEmpty();
    String bySeries =
        "SELECT "
            + time("r.bucket")
            + (named ? "r.series_id, " : "")
            + columns(sums, m -> "sum(r." + m.column() + ")::bigint AS " + m.column())
            + "sum("
            + EVENTS
            + ")::bigint AS happened"
            + rows(run.grain().rollupTable())
            + groupBy(keyColumns() - query.dimensions().size() + (named ? 1 : 0));
    String sql =
        named
            ? "SELECT "
                + (hasTime() ? "b.t, " : "")
                + dimensions()
                + columns(sums, m -> "sum(b." + m.column() + ")")
                + "sum(b.happened) FROM ("
                + bySeries
                + ") b JOIN ledger.series s ON s.tenant_id = ? AND s.cuboid = ?"
                + " AND s.series_id = b.series_id"
                + groupBy(keyColumns())
            : bySeries;
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setFetchSize(FETCH_ROWS);
      int at = bindRows(select, cuboid, run);
      if (named) {
        select.setInt(at++, tenantId);
        select.setInt(at, cuboid.code());
      }
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          addSums(rows, query, sums, groups);
        }
      }
    }
  }

  /**
   * Adds a row of a key, sums, of which those that nothing was added to are null, and how much
   * happened, which is null when there were no rows to add up.
   */
  static void addSums(ResultSet row, Query query, List<Measure> sums, Groups groups)
      throws SQLException {
    int first = 1 + (query.granularity() == Granularity.NONE ? 0 : 1) + query.dimensions().size();
    BigDecimal events = row.getBigDecimal(first + sums.size());
    if (events == null) {
      return;
    }
    Group group = groups.of(Group.Key.read(row, query));
    group.addEvents(events.longValueExact());
    for (int i = 0; i < sums.size(); i++) {
      BigDecimal sum = row.getBigDecimal(first + i);
      if (sum != null) {
        group.add(sums.get(i), sum.longValueExact());
      }
    }
  }

  private void readSketches(Cuboid cuboid, BucketPlan.Run run, String table, Groups groups)
      throws SQLException {
    boolean named = !query.dimensions().isEmpty();
    String inner =
        "SELECT " + time("r.bucket") + (named ? "r.series_id, " : "") + "r.sketches" + rows(table);
    String sql =
        named
            ? "SELECT "
                + (hasTime() ? "b.t, " : "")
                + dimensions()
                + "b.sketches FROM ("
                + inner
                + ") b JOIN ledger.series s ON s.tenant_id = ? AND s.cuboid = ?"
                + " AND s.series_id = b.series_id"
            : inner;
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setFetchSize(FETCH_SKETCHES);
      int at = bindRows(select, cuboid, run);
      if (named) {
        select.setInt(at++, tenantId);
        select.setInt(at, cuboid.code());
      }
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          byte[] value = rows.getBytes(keyColumns() + 1);
          if (value != null) {
            groups.of(Group.Key.read(rows, query)).addSketches(value, sketches);
          }
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

  private String time(String column) {
    return hasTime() ? "date_trunc(?, " + column + ", ?) AS t, " : "";
  }

  /** The names of the dimensions, each followed by a comma. */
  private String dimensions() {
    return query.dimensions().stream()
        .map(d -> "s.\"" + d.dimension().label() + "\", ")
        .collect(Collectors.joining());
  }

  /** A column for each measure, each followed by a comma. */
  private static String columns(
      List<Measure> measures, java.util.function.Function<Measure, String> text) {
    return measures.stream().map(m -> text.apply(m) + ", ").collect(Collectors.joining());
  }

  private static String groupBy(int columns) {
    return columns == 0
        ? ""
        : " GROUP BY "
            + IntStream.rangeClosed(1, columns)
                .mapToObj(Integer::toString)
                .collect(Collectors.joining(", "));
  }

  /** The rows of a table in a run of buckets that pass the filters. */
  private String rows(String table) {
    StringBuilder sql = new StringBuilder(" FROM ").append(table).append(" r");
    sql.append(" WHERE r.tenant_id = ? AND r.cuboid = ? AND r.bucket >= ? AND r.bucket < ?");
    if (!filters.isEmpty() || tagKey != null) {
      sql.append(" AND r.series_id IN (SELECT f.series_id FROM ledger.series f")
          .append(" WHERE f.tenant_id = ? AND f.cuboid = ?");
      for (Filter filter : filters) {
        sql.append(" AND f.\"")
            .append(filter.dimension().dimension().label())
            .append("\" = ANY (?)");
      }
      sql.append(tagKey == null ? ")" : " AND f.tag_key = ?)");
    }
    return sql.toString();
  }

  /** Binds what {@link #time} and {@link #rows} leave open; returns the next position. */
  private int bindRows(PreparedStatement select, Cuboid cuboid, BucketPlan.Run run)
      throws SQLException {
    int at = 1;
    if (hasTime()) {
      select.setString(at++, query.granularity().label());
      select.setString(at++, query.period().zoneName());
    }
    select.setInt(at++, tenantId);
    select.setInt(at++, cuboid.code());
    select.setTimestamp(at++, Timestamp.from(run.from()));
    select.setTimestamp(at++, Timestamp.from(run.until()));
    if (!filters.isEmpty() || tagKey != null) {
      select.setInt(at++, tenantId);
      select.setInt(at++, cuboid.code());
      for (Filter filter : filters) {
        select.setArray(at++, connection.createArrayOf("integer", filter.ids().toArray()));
      }
      if (tagKey != null) {
        select.setInt(at++, tagKey);
      }
    }
    return at;
  }
}
