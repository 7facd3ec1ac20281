package dev.tokenledger.reporting.query;

import dev.tokenledger.model.rollup.BucketPlan;
import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.platform.database.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Answers queries from the rollups. All that a query reads, it reads at one moment, so that its
 * parts add up. Blocks; thread-safe.
 */
final class QueryEngine {
  /** More groups than this are not read: the question is too wide for an answer of bounded size. */
  private static final int MAX_GROUPS = 200_000;

  private final Database database;
  private final DimensionNames names;

  QueryEngine(Database database, DimensionNames names) {
    this.database = database;
    this.names = names;
  }

  /**
   * What was found.
   *
   * @param plan where it was read
   * @param groups what was read, by time and dimension ids
   * @param values the values of the ids, for each dimension of the query
   */
  record Found(QueryPlan plan, Map<Group.Key, Group> groups, List<Map<Integer, String>> values) {}

  Found run(int tenantId, Query query) {
    QueryPlan plan = QueryPlan.of(query);
    return database.snapshotAsTenant(
        tenantId,
        connection -> {
          Map<Group.Key, Group> groups = read(connection, tenantId, query, plan);
          return new Found(plan, groups, names(connection, tenantId, query, groups));
        });
  }

  private Map<Group.Key, Group> read(
      Connection connection, int tenantId, Query query, QueryPlan plan) throws SQLException {
    Map<Group.Key, Group> groups = new LinkedHashMap<>();
    List<Filter> filters = filters(connection, tenantId, query);
    if (filters.stream().anyMatch(filter -> filter.ids.isEmpty())) {
      return groups;
    }
    List<Measure> sums = QueryMeasure.sumsOf(query.measures());
    for (BucketPlan.Run run : plan.buckets().runs()) {
      if (!sums.isEmpty()) {
        readSums(connection, tenantId, query, plan, run, filters, sums, groups);
      }
      if (query.needsSketches()) {
        readSketches(
            connection, tenantId, query, plan, run, filters, run.grain().sketchTable(), groups);
      }
    }
    if (query.needsSketches()) {
      // What is not folded yet lies at the finest grain.
      readSketches(
          connection,
          tenantId,
          query,
          plan,
          new BucketPlan.Run(Grain.MINUTE, plan.buckets().start(), plan.buckets().end()),
          filters,
          "ledger.sketch_journal",
          groups);
    }
    return groups;
  }

  private record Filter(String column, List<Integer> ids) {}

  private List<Filter> filters(Connection connection, int tenantId, Query query)
      throws SQLException {
    List<Filter> filters = new ArrayList<>();
    for (Map.Entry<QueryDimension, List<String>> entry : query.filters().entrySet()) {
      QueryDimension dimension = entry.getKey();
      filters.add(
          new Filter(
              dimension.column(),
              names.ids(connection, tenantId, dimension.dimension(), entry.getValue())));
      addTagKey(connection, tenantId, dimension, filters);
    }
    for (QueryDimension dimension : query.dimensions()) {
      addTagKey(connection, tenantId, dimension, filters);
    }
    return filters;
  }

  private void addTagKey(
      Connection connection, int tenantId, QueryDimension dimension, List<Filter> filters)
      throws SQLException {
    if (dimension.tagKey() != null) {
      filters.add(
          new Filter(
              "s.tag_key",
              names.ids(connection, tenantId, Dimension.TAG_KEY, List.of(dimension.tagKey()))));
    }
  }

  private void readSums(
      Connection connection,
      int tenantId,
      Query query,
      QueryPlan plan,
      BucketPlan.Run run,
      List<Filter> filters,
      List<Measure> sums,
      Map<Group.Key, Group> groups)
      throws SQLException {
    String selected =
        sums.stream().map(m -> "sum(r." + m.column() + ")").collect(Collectors.joining(", "));
    String groupBy = groupBy(query);
    String sql =
        "SELECT "
            + keys(query)
            + selected
            + from(run.grain().rollupTable(), query, filters)
            + (groupBy.isEmpty() ? "" : " GROUP BY " + groupBy)
            + " LIMIT "
            + (MAX_GROUPS + 1);
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      bind(select, connection, tenantId, query, plan, run, filters);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          int at = keyColumns(query) + 1;
          if (rows.getBigDecimal(at) == null) {
            continue;
          }
          Group group = group(groups, key(rows, query));
          for (Measure measure : sums) {
            group.sums().add(measure, rows.getBigDecimal(at++).longValueExact());
          }
        }
      }
    }
  }

  private void readSketches(
      Connection connection,
      int tenantId,
      Query query,
      QueryPlan plan,
      BucketPlan.Run run,
      List<Filter> filters,
      String table,
      Map<Group.Key, Group> groups)
      throws SQLException {
    String sql = "SELECT " + keys(query) + "r.sketches" + from(table, query, filters);
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setFetchSize(2_000);
      bind(select, connection, tenantId, query, plan, run, filters);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          group(groups, key(rows, query)).sketches().addBytes(rows.getBytes(keyColumns(query) + 1));
        }
      }
    }
  }

  private static Group group(Map<Group.Key, Group> groups, Group.Key key) {
    Group group = groups.get(key);
    if (group == null) {
      if (groups.size() >= MAX_GROUPS) {
        throw Query.invalid(
            "dimensions",
            "The answer has more than "
                + MAX_GROUPS
                + " rows. Ask for a shorter period, longer buckets or fewer dimensions.");
      }
      group = new Group();
      groups.put(key, group);
    }
    return group;
  }

  /** The columns that a row is grouped by, each followed by a comma. */
  private static String keys(Query query) {
    String time =
        query.granularity() == Granularity.NONE ? "" : "date_trunc(?, r.bucket, ?) AS t, ";
    return time
        + query.dimensions().stream().map(d -> d.column() + ", ").collect(Collectors.joining());
  }

  private static String groupBy(Query query) {
    int columns = keyColumns(query);
    return java.util.stream.IntStream.rangeClosed(1, columns)
        .mapToObj(Integer::toString)
        .collect(Collectors.joining(", "));
  }

  private static int keyColumns(Query query) {
    return (query.granularity() == Granularity.NONE ? 0 : 1) + query.dimensions().size();
  }

  private static String from(String table, Query query, List<Filter> filters) {
    StringBuilder sql = new StringBuilder(" FROM ").append(table).append(" r");
    if (!query.dimensions().isEmpty() || !filters.isEmpty()) {
      sql.append(
          " JOIN ledger.series s ON s.tenant_id = r.tenant_id AND s.series_id = r.series_id");
    }
    sql.append(" WHERE r.tenant_id = ? AND r.cuboid = ? AND r.bucket >= ? AND r.bucket < ?");
    for (Filter filter : filters) {
      sql.append(" AND ").append(filter.column).append(" = ANY (?)");
    }
    return sql.toString();
  }

  private static void bind(
      PreparedStatement select,
      Connection connection,
      int tenantId,
      Query query,
      QueryPlan plan,
      BucketPlan.Run run,
      List<Filter> filters)
      throws SQLException {
    int at = 1;
    if (query.granularity() != Granularity.NONE) {
      select.setString(at++, query.granularity().label());
      ZoneId zone = query.period().zone();
      select.setString(at++, zone.getId().equals("Z") ? "UTC" : zone.getId());
    }
    select.setInt(at++, tenantId);
    select.setInt(at++, plan.cuboid().code());
    select.setTimestamp(at++, Timestamp.from(run.from()));
    select.setTimestamp(at++, Timestamp.from(run.until()));
    for (Filter filter : filters) {
      select.setArray(at++, connection.createArrayOf("integer", filter.ids.toArray()));
    }
  }

  private static Group.Key key(ResultSet row, Query query) throws SQLException {
    int at = 1;
    Instant time =
        query.granularity() == Granularity.NONE ? null : row.getTimestamp(at++).toInstant();
    List<Integer> ids = new ArrayList<>(query.dimensions().size());
    for (int i = 0; i < query.dimensions().size(); i++) {
      ids.add(row.getInt(at++));
    }
    return new Group.Key(time, ids);
  }

  private List<Map<Integer, String>> names(
      Connection connection, int tenantId, Query query, Map<Group.Key, Group> groups)
      throws SQLException {
    List<Map<Integer, String>> values = new ArrayList<>();
    for (int i = 0; i < query.dimensions().size(); i++) {
      int position = i;
      values.add(
          new HashMap<>(
              names.values(
                  connection,
                  tenantId,
                  query.dimensions().get(i).dimension(),
                  groups.keySet().stream()
                      .map(key -> key.ids().get(position))
                      .collect(Collectors.toSet()))));
    }
    return values;
  }
}
