package dev.tokenledger.platform.query;

import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.Measure;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Reads one question from the events themselves, for combinations of dimensions that no cuboid
 * keeps. Slow beside the rollups, and asked only for a bounded number of events.
 */
final class StoredEventReader {
  private static final int FETCH_ROWS = 5_000;

  private final Connection connection;
  private final int tenantId;
  private final Query query;
  private final List<Filter> filters;
  private final Map<String, Integer> tagKeys;

  /**
   * @param tagKeys numbers of the keys of the tags that occur in the query; a key that never
   *     occurred is missing
   */
  StoredEventReader(
      Connection connection,
      int tenantId,
      Query query,
      List<Filter> filters,
      Map<String, Integer> tagKeys) {
    this.connection = connection;
    this.tenantId = tenantId;
    this.query = query;
    this.filters = filters;
    this.tagKeys = tagKeys;
  }

  void read(QueryPlan.Span span, Groups groups) throws SQLException {
    readSums(span, QueryMeasure.sumsOf(query.measures()), groups);
    if (query.needsSketches()) {
      readSingleValues(span, groups);
    }
  }

  private void readSums(QueryPlan.Span span, List<Measure> sums, Groups groups)
      throws SQLException {
    String sql =
        "SELECT "
            + keys()
            + sums.stream().map(m -> "sum(e." + m.column() + "), ").collect(Collectors.joining())
            + "nullif(count(*), 0)"
            + rows()
            + groupBy();
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setFetchSize(RollupReader.FETCH_ROWS);
      bind(select, span);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          RollupReader.addSums(rows, query, sums, groups);
        }
      }
    }
  }

  private void readSingleValues(QueryPlan.Span span, Groups groups) throws SQLException {
    String sql =
        "SELECT "
            + keys()
            + "e.latency_count, e.latency_sum_us, e.time_to_first_token_count,"
            + " e.time_to_first_token_sum_us, e.duration_count, e.duration_sum_us,"
            + " e.\"user\", e.session"
            + rows();
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setFetchSize(FETCH_ROWS);
      bind(select, span);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          groups.of(Group.Key.read(rows, query)).addEvent(rows, keyColumns() + 1);
        }
      }
    }
  }

  private int keyColumns() {
    return (query.granularity() == Granularity.NONE ? 0 : 1) + query.dimensions().size();
  }

  private String keys() {
    return (query.granularity() == Granularity.NONE ? "" : "date_trunc(?, e.time, ?), ")
        + query.dimensions().stream().map(d -> column(d) + ", ").collect(Collectors.joining());
  }

  private String column(QueryDimension dimension) {
    if (dimension.dimension() != Dimension.TAG_VALUE) {
      return "e.\"" + dimension.dimension().label() + '"';
    }
    Integer key = tagKeys.get(dimension.tagKey());
    // Keys and values in turn; 0 stands for (none).
    return key == null
        ? "0"
        : "coalesce((SELECT e.tags[i + 1] FROM generate_subscripts(e.tags, 1) i"
            + " WHERE i % 2 = 1 AND e.tags[i] = "
            + key
            + "), 0)";
  }

  private String groupBy() {
    return keyColumns() == 0
        ? ""
        : " GROUP BY "
            + IntStream.rangeClosed(1, keyColumns())
                .mapToObj(Integer::toString)
                .collect(Collectors.joining(", "));
  }

  private String rows() {
    StringBuilder sql =
        new StringBuilder(
            " FROM ledger.events e WHERE e.tenant_id = ? AND e.time >= ? AND e.time < ?"
                + " AND e.counted");
    for (Filter filter : filters) {
      sql.append(" AND ").append(column(filter.dimension())).append(" = ANY (?)");
    }
    return sql.toString();
  }

  private void bind(PreparedStatement select, QueryPlan.Span span) throws SQLException {
    int at = 1;
    if (query.granularity() != Granularity.NONE) {
      select.setString(at++, query.granularity().label());
      select.setString(at++, query.period().zoneName());
    }
    select.setInt(at++, tenantId);
    select.setTimestamp(at++, Timestamp.from(span.from()));
    select.setTimestamp(at++, Timestamp.from(span.until()));
    for (Filter filter : filters) {
      select.setArray(at++, connection.createArrayOf("integer", filter.ids().toArray()));
    }
  }
}
