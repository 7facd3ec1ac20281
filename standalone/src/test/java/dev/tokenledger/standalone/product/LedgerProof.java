package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.model.rollup.HotKeys;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.rollup.UserSpan;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Proves the ledger by adding it up anew: what was accepted is stored, and every row of every
 * rollup, in every measure, is the sum of the stored events that belong to it, in Postgres and in
 * Redis.
 */
final class LedgerProof {
  private final Installation product;
  private final Ledger ledger;

  LedgerProof(Installation product) {
    this.product = product;
    this.ledger = product.ledger();
  }

  void holds() throws Exception {
    ledger.awaitSettled();
    acceptedIsStored();
    rollupsAreSumsOfEvents();
    hotRollupsAreThoseOfPostgres();
    assertThat(ledger.reconciliation().path("agrees").asBoolean())
        .as("the product's own reconciliation: %s", ledger.reconciliation())
        .isTrue();
  }

  private void acceptedIsStored() throws SQLException {
    assertThat(
            ledger.rows(
                "SELECT sum(accepted - duplicates - amended)::bigint,"
                    + " (SELECT count(*) FROM ledger.events),"
                    + " (SELECT count(*) FROM ledger.event_identity) FROM ledger.admitted"))
        .as("accepted = stored = known")
        .allSatisfy(row -> assertThat(row.stream().distinct()).hasSize(1));
    assertThat(
            ledger.number(
                "SELECT count(*) FROM (SELECT 1 FROM ledger.events GROUP BY tenant_id, event_id"
                    + " HAVING count(*) > 1) AS repeated"))
        .as("ids that are stored twice")
        .isZero();
  }

  /**
   * Adds the events up once for each cuboid, by its finest grain, and the longer grains up from
   * that; both are the same sums. A row too many is found like a row too few, except that a row of
   * zeros is as good as none.
   */
  private void rollupsAreSumsOfEvents() throws SQLException {
    try (Connection connection = ledger.connect();
        Statement statement = connection.createStatement()) {
      // Grains are aligned to UTC. The sum of bigints would be a numeric; this one is an error when
      // it does not fit, and many times faster.
      statement.execute("SET timezone = 'UTC'; SET work_mem = '256MB'; SET jit = off");
      statement.execute(
          "CREATE AGGREGATE pg_temp.exact_sum(bigint) (SFUNC = int8pl, STYPE = bigint,"
              + " INITCOND = '0', COMBINEFUNC = int8pl, PARALLEL = SAFE)");
      for (Cuboid cuboid : Cuboid.values()) {
        addUpEvents(statement, cuboid);
        for (Grain grain : cuboid.grains()) {
          if (grain != cuboid.finestGrain()) {
            addUp(statement, grain);
          }
          rollupIsSum(statement, cuboid, grain);
          if (cuboid == Cuboid.BY_USER && grain == Grain.HOUR) {
            userSumsAreSums(statement);
          }
        }
        statement.execute("DROP TABLE pg_temp.proof");
      }
    }
  }

  /** Events whose dimensions are no series have none in the result, and so no rollup's row. */
  private static void addUpEvents(Statement statement, Cuboid cuboid) throws SQLException {
    List<String> dimensions =
        cuboid.dimensions().stream().map(dimension -> '"' + dimension.label() + '"').toList();
    String dimensionList = String.join(", ", dimensions);
    statement.execute(
        "CREATE TEMPORARY TABLE proof AS SELECT e.tenant_id, e.bucket, s.series_id, "
            + columns("e.%s")
            + " FROM (SELECT tenant_id, date_trunc('"
            + cuboid.finestGrain().label()
            + "', time) AS bucket, "
            + dimensionList
            + ", "
            + columns("pg_temp.exact_sum(%1$s) AS %1$s")
            + " FROM ledger.events"
            + (cuboid == Cuboid.TAG
                ? " CROSS JOIN LATERAL (SELECT tags[i] AS tag_key, tags[i + 1] AS tag_value"
                    + " FROM generate_series(1, cardinality(tags), 2) AS i) AS t"
                : "")
            + " WHERE counted GROUP BY tenant_id, bucket, "
            + dimensionList
            + ") AS e LEFT JOIN ledger.series s ON s.tenant_id = e.tenant_id AND s.cuboid = "
            + cuboid.code()
            + dimensions.stream()
                .map(name -> " AND s." + name + " = e." + name)
                .collect(Collectors.joining()));
    statement.execute("ANALYZE pg_temp.proof");
  }

  /** Replaces the sums by those over longer buckets. */
  private static void addUp(Statement statement, Grain grain) throws SQLException {
    statement.execute(
        "CREATE TEMPORARY TABLE longer AS SELECT tenant_id, date_trunc('"
            + grain.label()
            + "', bucket) AS bucket, series_id, "
            + columns("pg_temp.exact_sum(%1$s) AS %1$s")
            + " FROM pg_temp.proof GROUP BY 1, 2, 3");
    statement.execute(
        "DROP TABLE pg_temp.proof; ALTER TABLE pg_temp.longer RENAME TO proof;"
            + " ANALYZE pg_temp.proof");
  }

  /** From when on sums of a length are kept. */
  private static String since(Grain grain) {
    return grain == Grain.MINUTE
        ? "coalesce((SELECT minutes_from FROM ledger.minute_horizon), '-infinity')"
        : "'-infinity'";
  }

  private static void rollupIsSum(Statement statement, Cuboid cuboid, Grain grain)
      throws SQLException {
    String differences =
        "SELECT tenant_id, bucket, series_id, row_to_json(e)::text AS events, row_to_json(r)::text"
            + " AS rollup FROM (SELECT * FROM pg_temp.proof WHERE bucket >= "
            + since(grain)
            + ") e FULL JOIN (SELECT * FROM "
            + grain.rollupTable()
            + " WHERE bucket >= "
            + since(grain)
            + " AND cuboid = "
            + cuboid.code()
            + ") r USING (tenant_id, bucket, series_id) WHERE "
            + differ()
            + " LIMIT 3";
    try (ResultSet rows = statement.executeQuery(differences)) {
      assertThat(Ledger.rows(rows))
          .as("%s by %s: rows that events and rollups do not have in common", cuboid, grain)
          .isEmpty();
    }
  }

  /** Of every length: all that is said to be complete is there, and nothing after it. */
  private static void userSumsAreSums(Statement statement) throws SQLException {
    for (UserSpan span : UserSpan.values()) {
      String start = "date_bin('" + span.hours() + " hours', e.bucket, 'epoch')";
      String differences =
          "SELECT * FROM (SELECT e.tenant_id, "
              + start
              + " AS bucket, s.\"user\", s.type, s.project, s.environment, "
              + columns("pg_temp.exact_sum(e.%1$s) AS %1$s")
              + " FROM pg_temp.proof e JOIN ledger.series s USING (tenant_id, series_id)"
              + " JOIN ledger.user_sums_complete c ON c.tenant_id = e.tenant_id AND c.hours = "
              + span.hours()
              + " AND e.bucket < c.until GROUP BY 1, 2, 3, 4, 5, 6) e"
              + " FULL JOIN (SELECT * FROM ledger.user_sums WHERE hours = "
              + span.hours()
              + ") r USING (tenant_id, bucket, \"user\", type, project, environment) WHERE "
              + differ()
              + " LIMIT 3";
      try (ResultSet rows = statement.executeQuery(differences)) {
        assertThat(Ledger.rows(rows))
            .as("sums of users by %s that events do not have in common", span)
            .isEmpty();
      }
    }
  }

  private static String differ() {
    return Arrays.stream(Measure.values())
        .map(Measure::column)
        .map(name -> "coalesce(e." + name + ", 0) <> coalesce(r." + name + ", 0)")
        .collect(Collectors.joining(" OR "));
  }

  private static String columns(String format) {
    return Arrays.stream(Measure.values())
        .map(measure -> String.format(format, measure.column()))
        .collect(Collectors.joining(", "));
  }

  private void hotRollupsAreThoseOfPostgres() throws Exception {
    Instant now = Instant.now();
    try (RedisReader redis = product.redis()) {
      for (Grain grain : HotKeys.GRAINS) {
        Map<String, Map<String, List<Long>>> expected = new HashMap<>();
        for (List<Object> row :
            ledger.rows(
                "SELECT tenant_id, bucket::text, series_id, "
                    + columns("%s")
                    + " FROM "
                    + grain.rollupTable()
                    + " WHERE cuboid = "
                    + Cuboid.CORE.code())) {
          Instant bucket =
              OffsetDateTime.parse(((String) row.get(1)).replace(' ', 'T') + ":00").toInstant();
          if (bucket.plus(HotKeys.retention(grain)).isAfter(now.plusSeconds(60))) {
            expected
                .computeIfAbsent(
                    HotKeys.bucket(((Number) row.get(0)).intValue(), grain, bucket),
                    key -> new HashMap<>())
                .put(
                    row.get(2).toString(),
                    row.subList(3, row.size()).stream()
                        .map(value -> value == null ? 0 : ((Number) value).longValue())
                        .toList());
          }
        }
        assertThat(expected).isNotEmpty();
        for (Map.Entry<String, Map<String, List<Long>>> bucket : expected.entrySet()) {
          Map<String, List<Long>> hot = new HashMap<>();
          redis
              .hash(bucket.getKey())
              .forEach(
                  (series, value) ->
                      hot.put(
                          series,
                          Arrays.stream(HotKeys.measures(value).toArray()).boxed().toList()));
          assertThat(hot).as("hot rollup %s", bucket.getKey()).isEqualTo(bucket.getValue());
        }
      }
    }
  }
}
