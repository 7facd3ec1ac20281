package dev.tokenledger.alerting.loopguard;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.alerting.budget.BudgetScope;
import dev.tokenledger.alerting.reservation.GuardEpochs;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/** The table of loop guards, within the caller's transaction. */
@ApplicationScoped
public class LoopGuardStore {
  private final ObjectMapper json;

  LoopGuardStore(ObjectMapper json) {
    this.json = json;
  }

  void insert(Connection connection, LoopGuard guard, String actor) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO alerting.loop_guards (loop_guard_id, tenant_id, name, scope, per,"
                + " max_calls, max_depth, max_repeated_tool_calls, max_cost_nanos, created_by,"
                + " created_at) VALUES (?, ?, ?, ?::jsonb, ?, ?, ?, ?, ?, ?, ?)")) {
      insert.setObject(1, guard.id());
      insert.setInt(2, guard.tenantId());
      insert.setString(3, guard.name());
      insert.setString(4, json.writeValueAsString(guard.scope()));
      insert.setString(5, guard.per().label());
      insert.setObject(6, guard.maxCalls(), Types.BIGINT);
      insert.setObject(7, guard.maxDepth(), Types.INTEGER);
      insert.setObject(8, guard.maxRepeatedToolCalls(), Types.INTEGER);
      insert.setObject(9, guard.maxCostNanos(), Types.BIGINT);
      insert.setString(10, actor);
      insert.setTimestamp(11, Timestamp.from(guard.createdAt()));
      insert.execute();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a scope of texts cannot be written as JSON", e);
    }
    GuardEpochs.next(connection, guard.tenantId());
  }

  boolean delete(Connection connection, int tenantId, UUID id) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.loop_guards SET deleted_at = now()"
                + " WHERE tenant_id = ? AND loop_guard_id = ? AND deleted_at IS NULL")) {
      update.setInt(1, tenantId);
      update.setObject(2, id);
      if (update.executeUpdate() == 0) {
        return false;
      }
    }
    GuardEpochs.next(connection, tenantId);
    return true;
  }

  /** A tenant's loop guards, the oldest first. */
  public List<LoopGuard> all(Connection connection, int tenantId) throws SQLException {
    List<LoopGuard> guards = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT loop_guard_id, name, scope, per, max_calls, max_depth,"
                + " max_repeated_tool_calls, max_cost_nanos, created_at FROM alerting.loop_guards"
                + " WHERE tenant_id = ? AND deleted_at IS NULL"
                + " ORDER BY created_at, loop_guard_id")) {
      select.setInt(1, tenantId);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          guards.add(
              new LoopGuard(
                  row.getObject(1, UUID.class),
                  tenantId,
                  row.getString(2),
                  BudgetScope.parse(
                      json.readValue(
                          row.getString(3), new TypeReference<Map<String, Object>>() {})),
                  LoopGuard.Per.valueOf(row.getString(4).toUpperCase(Locale.ROOT)),
                  row.getObject(5, Long.class),
                  row.getObject(6, Integer.class),
                  row.getObject(7, Integer.class),
                  row.getObject(8, Long.class),
                  row.getTimestamp(9).toInstant()));
        }
      }
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the scope of a loop guard is not the JSON we wrote", e);
    }
    return guards;
  }
}
