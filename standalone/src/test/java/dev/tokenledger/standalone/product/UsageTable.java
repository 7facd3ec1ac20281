package dev.tokenledger.standalone.product;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Usage by model and bucket, from wherever it was added up, in a form that can be compared. */
final class UsageTable {
  private UsageTable() {}

  /** A model in a bucket of time. */
  record Cell(String model, Instant bucket) implements Comparable<Cell> {
    @Override
    public int compareTo(Cell other) {
      int byModel = model.compareTo(other.model);
      return byModel != 0 ? byModel : bucket.compareTo(other.bucket);
    }
  }

  /** Sums of a cell; costs in billionths of a dollar. */
  record Usage(
      long calls,
      long inputTokens,
      long outputTokens,
      long cachedInputTokens,
      long inputCostNanos,
      long outputCostNanos,
      long cachedInputCostNanos,
      long costNanos) {
    private static Usage of(List<Object> row, int from) {
      long[] v =
          row.subList(from, from + 8).stream()
              .mapToLong(
                  value -> value == null ? 0 : new BigDecimal(value.toString()).longValueExact())
              .toArray();
      return new Usage(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]);
    }
  }

  /**
   * @param rows model, start of the bucket as text in UTC, and the eight sums of {@link Usage}
   */
  static SortedMap<Cell, Usage> of(List<List<Object>> rows) {
    SortedMap<Cell, Usage> table = new TreeMap<>();
    for (List<Object> row : rows) {
      table.put(
          new Cell((String) row.get(0), Instant.parse((String) row.get(1))), Usage.of(row, 2));
    }
    return table;
  }

  /** As the rollups by model have it in a project. */
  static SortedMap<Cell, Usage> rolledUp(Ledger ledger, String grain, String project)
      throws SQLException {
    return of(
        ledger.rows(
            "SELECT m.value, to_char(bucket AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"
                + " sum(model_calls), sum(input_tokens), sum(output_tokens),"
                + " sum(cached_input_tokens), sum(input_cost_nanos), sum(output_cost_nanos),"
                + " sum(cached_input_cost_nanos), sum(cost_nanos)"
                + " FROM ledger.rollup_"
                + grain
                + " r JOIN ledger.series s USING (tenant_id, cuboid, series_id)"
                + " JOIN ledger.dimension_values m"
                + " ON m.tenant_id = s.tenant_id AND m.dimension = 5 AND m.value_id = s.model"
                + " JOIN ledger.dimension_values p"
                + " ON p.tenant_id = s.tenant_id AND p.dimension = 2 AND p.value_id = s.project"
                + " WHERE cuboid = 2 AND p.value = ? GROUP BY 1, 2",
            project));
  }

  /** As the query API answers for a project; it does not tell cost by kind. */
  static SortedMap<Cell, Usage> queried(
      Api reader, String project, Instant start, Instant end, String granularity) throws Exception {
    ObjectNode query = Api.JSON.createObjectNode().put("granularity", granularity);
    query.put("start", start.toString()).put("end", end.toString());
    query
        .putArray("measures")
        .add("model_calls")
        .add("input_tokens")
        .add("output_tokens")
        .add("cached_input_tokens")
        .add("cost_usd");
    query.putArray("dimensions").add("model");
    query.putObject("filters").putArray("project").add(project);
    Api.Answer answer = reader.post("/v1/analytics/query", query);
    if (answer.status() != 200) {
      throw new AssertionError("the query was refused: " + answer.text());
    }
    SortedMap<Cell, Usage> table = new TreeMap<>();
    for (JsonNode row : answer.json().path("rows")) {
      Instant time =
          row.has("time")
              ? OffsetDateTime.parse(row.path("time").asText()).toInstant()
              : Instant.EPOCH;
      table.put(
          new Cell(row.path("model").asText(), time),
          new Usage(
              row.path("model_calls").asLong(),
              row.path("input_tokens").asLong(),
              row.path("output_tokens").asLong(),
              row.path("cached_input_tokens").asLong(),
              0,
              0,
              0,
              new BigDecimal(row.path("cost_usd").asText()).movePointRight(9).longValueExact()));
    }
    return table;
  }

  /** The same without what the query API does not tell. */
  static SortedMap<Cell, Usage> withoutCostByKind(SortedMap<Cell, Usage> table) {
    SortedMap<Cell, Usage> reduced = new TreeMap<>();
    table.forEach(
        (cell, u) ->
            reduced.put(
                cell,
                new Usage(
                    u.calls,
                    u.inputTokens,
                    u.outputTokens,
                    u.cachedInputTokens,
                    0,
                    0,
                    0,
                    u.costNanos)));
    return reduced;
  }
}
