package dev.tokenledger.aggregation.settle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.DimensionValues;
import dev.tokenledger.testsupport.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A ledger from before API keys were a dimension, brought up to date. */
class ApiKeysMigrationTest {
  private static final List<String> BEFORE = List.of("V1__ledger.sql", "V2__guard.sql");
  private static final List<String> AFTER =
      List.of("V1__ledger.sql", "V2__guard.sql", "V3__api_keys.sql");

  private static final String TEN = "2026-11-20 10:00:00+00";
  private static final String ELEVEN = "2026-11-20 11:00:00+00";
  private static final String DAY = "2026-11-20 00:00:00+00";

  private TestDatabase stores;
  private Connection connection;
  private Statement statement;

  @BeforeEach
  void anOldLedger() throws SQLException {
    stores = TestDatabase.create();
    stores.migrations().migrate("ledger", BEFORE);
    connection = stores.asOwner();
    statement = connection.createStatement();
    statement.execute("SELECT ledger.ensure_partitions('2026-11-20')");
    statement.execute("INSERT INTO ledger.revisions (tenant_id, revision) VALUES (1, 7), (2, 9)");
    // Model 5 is called at two providers, of which the cuboid of keys knows nothing.
    series(1, 101, 3, 5);
    series(1, 102, 4, 5);
    series(1, 103, 3, 6);
    series(2, 104, 3, 5);
    add(1, 101, TEN, 1, 100, 1_000);
    add(1, 101, ELEVEN, 2, 200, 2_000);
    add(1, 102, TEN, 4, 400, 4_000);
    add(1, 103, TEN, 8, 800, 8_000);
    add(2, 104, ELEVEN, 16, 1_600, 16_000);
    event(1, TEN, 3, 5, 100, 1_000);
  }

  @AfterEach
  void close() throws SQLException {
    connection.close();
  }

  @Test
  void whatIsStoredCameByNoKnownKeyAndTheNewCuboidHasItAll() throws Exception {
    stores.migrations().migrate("ledger", AFTER);
    assertThat(rows("SELECT api_key FROM ledger.events"))
        .containsExactly(List.of(DimensionValues.NONE_ID));
    assertThat(byKey("hour"))
        .containsExactlyInAnyOrder(
            List.of(1, TEN, 5, 0, 5L, 500L, 5_000L),
            List.of(1, ELEVEN, 5, 0, 2L, 200L, 2_000L),
            List.of(1, TEN, 6, 0, 8L, 800L, 8_000L),
            List.of(2, ELEVEN, 5, 0, 16L, 1_600L, 16_000L));
    assertThat(byKey("day"))
        .containsExactlyInAnyOrder(
            List.of(1, DAY, 5, 0, 7L, 700L, 7_000L),
            List.of(1, DAY, 6, 0, 8L, 800L, 8_000L),
            List.of(2, DAY, 5, 0, 16L, 1_600L, 16_000L));
    assertThat(rows("SELECT count(*) FROM ledger.rollup_minute WHERE cuboid = " + keys()))
        .as("minutes are not kept by key")
        .containsExactly(List.of(0L));
    assertThat(rows("SELECT tenant_id, revision FROM ledger.revisions ORDER BY 1"))
        .as("whoever has read the sums before reads them again")
        .containsExactly(List.of(1, 8L), List.of(2, 10L));
  }

  @Test
  void anEmptyLedgerHasNothingToFill() throws Exception {
    TestDatabase empty = TestDatabase.create();
    empty.migrations().migrate("ledger", AFTER);
    try (Connection owner = empty.asOwner();
        Statement select = owner.createStatement();
        ResultSet row = select.executeQuery("SELECT count(*) FROM ledger.rollup_day")) {
      row.next();
      assertThat(row.getLong(1)).isZero();
    }
  }

  @Test
  void theVersionBeforeStillFindsAndMakesItsSeries() throws Exception {
    stores.migrations().migrate("ledger", AFTER);
    String key = "ARRAY[1, 2, 0, 3, 5, NULL::integer, NULL, NULL, NULL, NULL, NULL, NULL, NULL,";
    assertThat(
            rows(
                "SELECT series_id FROM ledger.series WHERE tenant_id = 1 AND cuboid = 2 AND key = "
                    + key
                    + " NULL, NULL, NULL]"))
        .containsExactly(List.of(101L));
    assertThat(
            statement.executeUpdate(
                "INSERT INTO ledger.series (tenant_id, series_id, cuboid, type, project,"
                    + " environment, provider, model) VALUES (1, 900, 2, 1, 2, 0, 3, 5)"
                    + " ON CONFLICT (tenant_id, cuboid, key) DO NOTHING"))
        .as("it is there")
        .isZero();
    series(1, 901, 9, 5);
  }

  /**
   * As when an aggregation service of the version before goes on beside a newer one for a while.
   */
  @Test
  void whatTheVersionBeforeSettlesMeanwhileIsFilledInAgain() throws Exception {
    stores.migrations().migrate("ledger", AFTER);
    add(1, 101, TEN, 1, 10, 100);
    // The newer version has settled this by a key, in both cuboids.
    statement.execute(
        "INSERT INTO ledger.series (tenant_id, series_id, cuboid, type, project, environment, model,"
            + " api_key) VALUES (1, 950, 12, 1, 2, 0, 5, 77)");
    add(1, 101, TEN, 1, 10, 100);
    addTo(Cuboid.BY_API_KEY, 1, 950, TEN, 1, 10, 100);

    assertThat(fill()).as("one hour, one day").isEqualTo(2);
    assertThat(byKey("hour"))
        .contains(List.of(1, TEN, 5, 0, 6L, 510L, 5_100L), List.of(1, TEN, 5, 77, 1L, 10L, 100L));
    assertThat(byKey("day"))
        .contains(List.of(1, DAY, 5, 0, 8L, 710L, 7_100L), List.of(1, DAY, 5, 77, 1L, 10L, 100L));
    assertThat(fill()).isZero();
  }

  private static int keys() {
    return Cuboid.BY_API_KEY.code();
  }

  private void series(int tenant, long id, int provider, int model) throws SQLException {
    statement.execute(
        "INSERT INTO ledger.series (tenant_id, series_id, cuboid, type, project, environment,"
            + " provider, model) VALUES ("
            + String.join(
                ", ",
                List.of(
                    "" + tenant,
                    "" + id,
                    "" + Cuboid.BY_MODEL.code(),
                    "1",
                    "2",
                    "0",
                    "" + provider,
                    "" + model))
            + ")");
  }

  private void add(int tenant, long series, String hour, int calls, long tokens, long nanos)
      throws SQLException {
    addTo(Cuboid.BY_MODEL, tenant, series, hour, calls, tokens, nanos);
  }

  /** Adds to the hour and to the day, as settling does. */
  private void addTo(
      Cuboid cuboid, int tenant, long series, String hour, int calls, long tokens, long nanos)
      throws SQLException {
    for (List<String> rollup : List.of(List.of("hour", hour), List.of("day", DAY))) {
      statement.execute(
          String.format(
              "INSERT INTO ledger.rollup_%s AS t (tenant_id, cuboid, bucket, series_id, model_calls,"
                  + " input_tokens, cost_nanos) VALUES (%d, %d, '%s', %d, %d, %d, %d)"
                  + " ON CONFLICT (tenant_id, cuboid, bucket, series_id) DO UPDATE SET"
                  + " model_calls = t.model_calls + excluded.model_calls,"
                  + " input_tokens = t.input_tokens + excluded.input_tokens,"
                  + " cost_nanos = t.cost_nanos + excluded.cost_nanos",
              rollup.get(0), tenant, cuboid.code(), rollup.get(1), series, calls, tokens, nanos));
    }
  }

  private void event(int tenant, String time, int provider, int model, long tokens, long nanos)
      throws SQLException {
    statement.execute(
        String.format(
            "INSERT INTO ledger.events (tenant_id, time, event_key, event_id, version, counted,"
                + " type, project, environment, provider, model, agent, feature, status,"
                + " error_type, tool, prompt, prompt_version, \"user\", session, operation,"
                + " service_tier, price_version, model_calls, input_tokens, cost_nanos)"
                + " VALUES (%d, '%s', gen_random_uuid(), 'e', 1, true, 1, 2, 0, %d, %d, 0, 0, 0, 0,"
                + " 0, 0, 0, 0, 0, 0, 0, 0, 1, %d, %d)",
            tenant, time, provider, model, tokens, nanos));
  }

  private long fill() throws SQLException {
    return (Long) rows("SELECT ledger.fill_api_key_rollups()").get(0).get(0);
  }

  /** Tenant, bucket, model, key, calls, tokens and cost. */
  private List<List<Object>> byKey(String grain) throws SQLException {
    return rows(
        "SELECT r.tenant_id, r.bucket::text, s.model, s.api_key, r.model_calls, r.input_tokens,"
            + " r.cost_nanos FROM ledger.rollup_"
            + grain
            + " r JOIN ledger.series s USING (tenant_id, cuboid, series_id) WHERE s.type = 1"
            + " AND s.project = 2 AND s.environment = 0 AND s.provider IS NULL AND cuboid = "
            + keys());
  }

  private List<List<Object>> rows(String sql) throws SQLException {
    List<List<Object>> rows = new ArrayList<>();
    try (ResultSet result = statement.executeQuery(sql)) {
      while (result.next()) {
        List<Object> row = new ArrayList<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          row.add(result.getObject(i));
        }
        rows.add(row);
      }
    }
    return rows;
  }
}
