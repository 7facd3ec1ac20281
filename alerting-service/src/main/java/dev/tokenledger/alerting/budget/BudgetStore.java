package dev.tokenledger.alerting.budget;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.alerting.reservation.GuardEpochs;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.DayOfWeek;
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
      "budget_id, tenant_id, name, scope, amount_nanos, period, rolling_days, week_start,"
          + " month_start, timezone, type, thresholds, channels, unpriced, assumed_nanos,"
          + " when_unavailable, forecast_alert, created_at";

  private final ObjectMapper json;

  public BudgetStore(ObjectMapper json) {
    this.json = json;
  }

  void insert(Connection connection, Budget budget, String actor) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO alerting.budgets (name, scope, amount_nanos, period, rolling_days,"
                + " week_start, month_start, timezone, type, thresholds, channels, unpriced,"
                + " assumed_nanos, when_unavailable, forecast_alert, budget_id, tenant_id,"
                + " created_at, created_by) VALUES (?, ?::jsonb, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                + " ?, ?, ?, ?, ?)")) {
      int at = bind(connection, insert, budget);
      insert.setObject(at++, budget.id());
      insert.setInt(at++, budget.tenantId());
      insert.setTimestamp(at++, java.sql.Timestamp.from(budget.createdAt()));
      insert.setString(at, actor);
      insert.execute();
    }
    GuardEpochs.next(connection, budget.tenantId());
  }

  void update(Connection connection, Budget budget) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.budgets SET name = ?, scope = ?::jsonb, amount_nanos = ?, period = ?,"
                + " rolling_days = ?, week_start = ?, month_start = ?, timezone = ?, type = ?,"
                + " thresholds = ?, channels = ?, unpriced = ?, assumed_nanos = ?,"
                + " when_unavailable = ?, forecast_alert = ?, updated_at = now()"
                + " WHERE budget_id = ? AND tenant_id = ?")) {
      int at = bind(connection, update, budget);
      update.setObject(at++, budget.id());
      update.setInt(at, budget.tenantId());
      update.execute();
    }
    GuardEpochs.next(connection, budget.tenantId());
  }

  /** Binds the columns from name to forecast alert; returns the next position. */
  private int bind(Connection connection, PreparedStatement statement, Budget budget)
      throws SQLException {
    int at = 1;
    statement.setString(at++, budget.name());
    try {
      statement.setString(at++, json.writeValueAsString(budget.scope()));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a scope of texts cannot be written as JSON", e);
    }
    PeriodRule period = budget.period();
    statement.setLong(at++, budget.amountNanos());
    statement.setString(at++, period.kind().label());
    statement.setObject(
        at++, period.rollingDays() == 0 ? null : period.rollingDays(), java.sql.Types.INTEGER);
    statement.setInt(at++, period.weekStart().getValue());
    statement.setInt(at++, period.monthStart());
    statement.setString(at++, period.zone().getId());
    statement.setString(at++, budget.hardStop() ? "hard_stop" : "warning");
    statement.setArray(at++, connection.createArrayOf("integer", budget.thresholds().toArray()));
    statement.setArray(at++, connection.createArrayOf("uuid", budget.channels().toArray()));
    statement.setString(at++, budget.unpriced().name().toLowerCase(Locale.ROOT));
    statement.setLong(at++, budget.assumedNanos());
    statement.setString(at++, budget.allowWhenUnavailable() ? "allow" : "deny");
    statement.setBoolean(at++, budget.forecastAlert());
    return at;
  }

  /** Takes a budget off the list; what it has told stays. */
  boolean delete(Connection connection, int tenantId, UUID id) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.budgets SET deleted_at = now()"
                + " WHERE tenant_id = ? AND budget_id = ? AND deleted_at IS NULL")) {
      update.setInt(1, tenantId);
      update.setObject(2, id);
      if (update.executeUpdate() == 0) {
        return false;
      }
    }
    GuardEpochs.next(connection, tenantId);
    return true;
  }

  Optional<Budget> find(Connection connection, int tenantId, UUID id) throws SQLException {
    return one(connection, tenantId, id, "");
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

  /**
   * A budget as it is now, locked until the transaction ends: nobody else locks or changes it
   * meanwhile, and who had it locked before is done. Rows that refer to it may still be added.
   *
   * @return empty if it was deleted
   */
  public Optional<Budget> lock(Connection connection, int tenantId, UUID id) throws SQLException {
    return one(connection, tenantId, id, " FOR NO KEY UPDATE");
  }

  private Optional<Budget> one(Connection connection, int tenantId, UUID id, String locking)
      throws SQLException {
    return select(
            connection,
            "tenant_id = ? AND budget_id = ? AND deleted_at IS NULL" + locking,
            statement -> {
              statement.setInt(1, tenantId);
              statement.setObject(2, id);
            })
        .stream()
        .findFirst();
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
          row.getObject("budget_id", UUID.class),
          row.getInt("tenant_id"),
          row.getString("name"),
          BudgetScope.parse(
              json.readValue(row.getString("scope"), new TypeReference<Map<String, Object>>() {})),
          row.getLong("amount_nanos"),
          new PeriodRule(
              PeriodRule.Kind.valueOf(row.getString("period").toUpperCase(Locale.ROOT)),
              ZoneId.of(row.getString("timezone")),
              DayOfWeek.of(row.getInt("week_start")),
              row.getInt("month_start"),
              row.getInt("rolling_days")),
          row.getString("type").equals("hard_stop"),
          Arrays.asList((Integer[]) row.getArray("thresholds").getArray()),
          Arrays.asList((UUID[]) row.getArray("channels").getArray()),
          Budget.Unpriced.valueOf(row.getString("unpriced").toUpperCase(Locale.ROOT)),
          row.getLong("assumed_nanos"),
          row.getString("when_unavailable").equals("allow"),
          row.getBoolean("forecast_alert"),
          row.getTimestamp("created_at").toInstant());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the scope of a budget is not the JSON we wrote", e);
    }
  }
}
