package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.model.rollup.HotKeys;
import dev.tokenledger.model.rollup.Measure;
import java.sql.SQLException;
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
    for (Cuboid cuboid : Cuboid.values()) {
      for (Grain grain : cuboid.grains()) {
        rollupIsSumOfEvents(cuboid, grain);
      }
    }
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

  /** Both ways, so that a row too many is found like a row too few. */
  private void rollupIsSumOfEvents(Cuboid cuboid, Grain grain) throws SQLException {
    String dimensions =
        cuboid.dimensions().stream()
            .map(Dimension::label)
            .map(name -> "\"" + name + "\"")
            .collect(Collectors.joining(", "));
    String sums = columns("sum(%1$s)::numeric AS %1$s");
    String notZero = columns("%s <> 0").replace(", ", " OR ");
    String events =
        "SELECT * FROM (SELECT tenant_id, date_trunc('"
            + grain.label()
            + "', time) AS bucket, "
            + dimensions
            + ", "
            + sums
            + " FROM (SELECT * FROM ledger.events WHERE counted) AS e"
            + (cuboid == Cuboid.TAG
                ? " CROSS JOIN LATERAL (SELECT tags[i] AS tag_key, tags[i + 1] AS tag_value"
                    + " FROM generate_series(1, cardinality(tags), 2) AS i) AS t"
                : "")
            + " GROUP BY tenant_id, bucket, "
            + dimensions
            + ") AS s WHERE "
            + notZero;
    String rollups =
        "SELECT tenant_id, bucket, "
            + dimensions
            + ", "
            + columns("%s::numeric")
            + " FROM "
            + grain.rollupTable()
            + " JOIN ledger.series USING (tenant_id, series_id, cuboid) WHERE cuboid = "
            + cuboid.code()
            + " AND ("
            + notZero
            + ")";
    for (String difference :
        List.of(
            "(" + zeroForNull(events) + ") EXCEPT ALL (" + rollups + ")",
            "(" + rollups + ") EXCEPT ALL (" + zeroForNull(events) + ")")) {
      assertThat(ledger.rows(difference + " LIMIT 3"))
          .as("%s by %s: rows that events and rollups do not have in common", cuboid, grain)
          .isEmpty();
    }
  }

  /** A measure that no event of a row has is null in the sum over events and zero in the rollup. */
  private static String zeroForNull(String sql) {
    return sql.replaceAll("sum\\((\\w+)\\)", "coalesce(sum($1), 0)");
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
                        .map(value -> ((Number) value).longValue())
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
