package dev.tokenledger.alerting.budget;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The table of budgets, within the caller's transaction. */
@ApplicationScoped
public class BudgetStore {
  private static final String COLUMNS =
      "budget_id, tenant_id, name, scope, amount_nanos, period, rolling_days, timezone, type,"
          + " thresholds, channels, created_at";

  private final ObjectMapper json;

  public BudgetStore(ObjectMapper json) {
    this.json = json;
  }

  void insert(Connection connection, Budget budget, String actor) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO alerting.budgets (budget_id, tenant_id, name, scope, amount_nanos, period,"
                + " rolling_days, timezone, type, thresholds, channels, created_at, created_by)"
                + " VALUES (?, ?, ?, ?::jsonb, ?, ?, ?, ?, ?, ?, ?, ?, ?)")) {
      insert.setObject(1, budget.id());
      insert.setInt(2, budget.tenantId());
      bind(connection, insert, 3, budget);
      insert.setTimestamp(12, java.sql.Timestamp.from(budget.createdAt()));
      insert.setString(13, actor);
      insert.execute();
    }
  }

  void update(Connection connection, Budget budget) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.budgets SET name = ?, scope = ?::jsonb, amount_nanos = ?, period = ?,"
                + " rolling_days = ?, timezone = ?, type = ?, thresholds = ?, channels = ?,"
                + " updated_at = now() WHERE budget_id = ? AND tenant_id = ?")) {
      bind(connection, update, 1, budget);
      update.setObject(10, budget.id());
      update.setInt(11, budget.tenantId());
      update.execute();
    }
  }

  /** Binds nine columns from name to channels. */
  private void bind(Connection connection, PreparedStatement statement, int from, Budget budget)
      throws SQLException {
    int at = from;
    statement.setString(at++, budget.name());
    try {
      statement.setString(at++, json.writeValueAsString(budget.scope()));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a scope of texts cannot be written as JSON", e);
    }
    statement.setLong(at++, budget.amountNanos());
    statement.setString(at++, budget.periodLabel());
    statement.setObject(
        at++, budget.rollingDays() == 0 ? null : budget.rollingDays(), java.sql.Types.INTEGER);
    statement.setString(at++, budget.zone().getId());
    statement.setString(at++, budget.hardStop() ? "hard_stop" : "warning");
    statement.setArray(at++, connection.createArrayOf("integer", budget.thresholds().toArray()));
    statement.setArray(at, connection.createArrayOf("uuid", budget.channels().toArray()));
  }

  /** Takes a budget off the list; what it has told stays. */
  boolean delete(Connection connection, int tenantId, UUID id) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.budgets SET deleted_at = now()"
                + " WHERE tenant_id = ? AND budget_id = ? AND deleted_at IS NULL")) {
      update.setInt(1, tenantId);
      update.setObject(2, id);
      return update.executeUpdate() == 1;
    }
  }

  Optional<Budget> find(Connection connection, int tenantId, UUID id) throws SQLException {
    return select(
            connection,
            "tenant_id = ? AND budget_id = ? AND deleted_at IS NULL",
            statement -> {
              statement.setInt(1, tenantId);
              statement.setObject(2, id);
            })
        .stream()
        .findFirst();
  }

  List<Budget> page(Connection connection, int tenantId, int limit, @Nullable UUID after)
      throws SQLException {
    return select(
        connection,
        "tenant_id = ? AND budget_id > ? AND deleted_at IS NULL ORDER BY budget_id LIMIT ?",
        statement -> {
          statement.setInt(1, tenantId);
          statement.setObject(2, after == null ? new UUID(0, 0) : after);
          statement.setInt(3, limit);
        });
  }

  /** All budgets of a tenant, for evaluation. */
  public List<Budget> all(Connection connection, int tenantId) throws SQLException {
    return select(
        connection,
        "tenant_id = ? AND deleted_at IS NULL",
        statement -> statement.setInt(1, tenantId));
  }

  /** The tenants that have budgets. */
  public List<Integer> tenants(Connection connection) throws SQLException {
    List<Integer> tenants = new ArrayList<>();
    try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT DISTINCT tenant_id FROM alerting.budgets WHERE deleted_at IS NULL");
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        tenants.add(rows.getInt(1));
      }
    }
    return tenants;
  }

  @FunctionalInterface
  private interface Binding {
    void to(PreparedStatement statement) throws SQLException;
  }

  private List<Budget> select(Connection connection, String where, Binding binding)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT " + COLUMNS + " FROM alerting.budgets WHERE " + where)) {
      binding.to(select);
      try (ResultSet rows = select.executeQuery()) {
        List<Budget> budgets = new ArrayList<>();
        while (rows.next()) {
          budgets.add(read(rows));
        }
        return budgets;
      }
    }
  }

  private Budget read(ResultSet row) throws SQLException {
    try {
      return new Budget(
          row.getObject(1, UUID.class),
          row.getInt(2),
          row.getString(3),
          json.readValue(row.getString(4), new TypeReference<Map<String, String>>() {}),
          row.getLong(5),
          BudgetPeriod.Kind.valueOf(row.getString(6).toUpperCase(Locale.ROOT)),
          row.getInt(7),
          ZoneId.of(row.getString(8)),
          row.getString(9).equals("hard_stop"),
          Arrays.asList((Integer[]) row.getArray(10).getArray()),
          Arrays.asList((UUID[]) row.getArray(11).getArray()),
          row.getTimestamp(12).toInstant());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the scope of a budget is not the JSON we wrote", e);
    }
  }
}
