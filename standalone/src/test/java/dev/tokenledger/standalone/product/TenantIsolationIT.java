package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two tenants in one ledger, each of whom knows nothing of the other. */
@ExtendWith(Product.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TenantIsolationIT {
  private static final String EVENT = "the-same-id-in-both";

  private final TokenLedgerProcess product;
  private final Ledger ledger;
  private final int second;
  private final Api secondAdmin;

  TenantIsolationIT(TokenLedgerProcess product) throws Exception {
    this.product = product;
    this.ledger = product.ledger();
    String name = "second-" + UUID.randomUUID();
    try (Connection connection = ledger.connect()) {
      this.second = Tenants.create(connection, name);
      this.secondAdmin = product.api(Tenants.key(connection, second, "admin", null));
      Api reporter = product.api(Tenants.key(connection, second, "ingest", "default"));
      Eventually.holds(
          "the second tenant's rules are known",
          Duration.ofSeconds(10),
          () -> reporter.report(call(EVENT, 11)).status() == 202);
      assertThat(reporter.report(call("only-in-the-second", 31)).accepted()).isEqualTo(1);
    }
    assertThat(product.ingest().report(call(EVENT, 7), call("only-in-the-first", 5)).accepted())
        .isEqualTo(2);
    ledger.awaitSettled();
  }

  @Test
  void theSameIdIsAnEventOfItsOwnInEachTenant() throws Exception {
    assertThat(
            ledger.number(
                "SELECT count(DISTINCT tenant_id) FROM ledger.events WHERE event_id = ?", EVENT))
        .isEqualTo(2);
  }

  @Test
  void theSecondTenantSeesItsOwnUsageAndNothingOfTheFirst() throws Exception {
    ObjectNode query = Api.JSON.createObjectNode().put("period", "24h");
    query.putArray("measures").add("model_calls").add("input_tokens");
    Api.Answer answer = secondAdmin.post("/v1/analytics/query", query);
    assertThat(answer.json().path("rows").get(0).path("input_tokens").asLong()).isEqualTo(42);
    Api.Answer overview = secondAdmin.get("/v1/analytics/overview?period=24h");
    assertThat(overview.json().path("totals").path("model_calls").asLong()).isEqualTo(2);
    assertThat(overview.json().path("totals").path("input_tokens").asLong()).isEqualTo(42);
    Api.Answer reconciliation = secondAdmin.get("/v1/ledger/reconciliation");
    assertThat(reconciliation.json().path("stored").path("events").asLong()).isEqualTo(2);
    assertThat(reconciliation.json().path("agrees").asBoolean()).isTrue();
  }

  @Test
  void theSecondTenantSeesNoKeysAndNoProjectsOfTheFirst() throws Exception {
    assertThat(secondAdmin.get("/v1/keys").json().path("keys")).hasSize(2);
    assertThat(secondAdmin.get("/v1/projects").json().path("projects")).hasSize(1);
    // Other tests leave revoked keys behind; this one needs a key that is good.
    String foreign =
        (String)
            ledger
                .rows(
                    "SELECT key_id FROM admission.api_keys JOIN admission.tenants USING (tenant_id)"
                        + " WHERE tenants.name = 'default' AND revoked_at IS NULL LIMIT 1")
                .get(0)
                .get(0);
    assertThat(secondAdmin.delete("/v1/keys/" + foreign).status()).isEqualTo(404);
    assertThat(
            ledger.number(
                "SELECT count(*) FROM admission.api_keys WHERE key_id = ? AND revoked_at IS NULL",
                foreign))
        .isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tokenledger_reporting", "tokenledger_alerting"})
  void aReaderWithoutTenantSeesNoRowAndWithOneOnlyThatTenants(String role) throws Exception {
    List<String> tables = readableTables(role);
    assertThat(tables).contains("events", "rollup_minute", "rollup_hour", "rollup_day", "series");
    for (String table : tables) {
      for (String nobody : List.of("", "*", "0", "999999")) {
        assertThat(tenantsSeen(role, nobody, table)).as("%s as '%s'", table, nobody).isEmpty();
      }
      assertThat(tenantsSeen(role, Integer.toString(second), table)).isSubsetOf(second);
    }
    assertThat(tenantsSeen(role, Integer.toString(second), "events")).containsExactly(second);
    assertThat(tenantsSeen(role, Integer.toString(second), "rollup_hour")).containsExactly(second);
  }

  /** Rows lie in partitions; asking those by their own names must not go round the rule. */
  @Test
  void aPartitionCannotBeReadAroundItsTable() throws Exception {
    try (Connection connection = as("tokenledger_reporting", "");
        Statement statement = connection.createStatement()) {
      for (List<Object> partition :
          ledger.rows(
              "SELECT i.inhrelid::regclass::text FROM pg_inherits i"
                  + " JOIN pg_class c ON c.oid = i.inhrelid AND c.relkind = 'r'")) {
        assertThat(rowsOrRefusal(connection, statement, (String) partition.get(0))).isZero();
      }
    }
  }

  @Test
  void aReaderCannotWrite() throws Exception {
    try (Connection connection = as("tokenledger_reporting", Integer.toString(second));
        Statement statement = connection.createStatement()) {
      for (String write :
          List.of("DELETE FROM ledger.events", "UPDATE ledger.events SET version = 0")) {
        String state = "none";
        try {
          statement.execute(write);
        } catch (SQLException e) {
          state = e.getSQLState();
          connection.rollback();
        }
        assertThat(state).as(write).isEqualTo("42501");
      }
    }
  }

  private static long rowsOrRefusal(Connection connection, Statement statement, String table)
      throws SQLException {
    try (ResultSet row = statement.executeQuery("SELECT count(*) FROM " + table)) {
      row.next();
      return row.getLong(1);
    } catch (SQLException e) {
      assertThat(e.getSQLState()).isEqualTo("42501");
      connection.rollback();
      connection.createStatement().execute("SET ROLE tokenledger_reporting");
      return 0;
    }
  }

  private List<String> readableTables(String role) throws SQLException {
    return ledger
        .rows(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
                + " WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind IN ('r', 'p')"
                + " AND a.attname = 'tenant_id' AND has_table_privilege(?::text, c.oid, 'SELECT')",
            role)
        .stream()
        .map(row -> (String) row.get(0))
        .toList();
  }

  /** The tenants of the rows that a query without WHERE returns. */
  private List<Integer> tenantsSeen(String role, String tenant, String table) throws SQLException {
    List<Integer> tenants = new ArrayList<>();
    try (Connection connection = as(role, tenant);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT DISTINCT tenant_id FROM ledger." + table)) {
      while (rows.next()) {
        tenants.add(rows.getInt(1));
      }
    }
    return tenants;
  }

  private Connection as(String role, String tenant) throws SQLException {
    Connection connection = ledger.connect();
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET ROLE " + role);
      if (!tenant.isEmpty()) {
        statement.execute("SET tokenledger.tenant_id = '" + tenant + "'");
      }
    }
    connection.commit();
    return connection;
  }

  private static ObjectNode call(String id, long inputTokens) {
    return Events.call(id, inputTokens, 1);
  }
}
