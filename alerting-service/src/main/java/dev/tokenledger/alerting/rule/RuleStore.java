package dev.tokenledger.alerting.rule;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.alerting.notification.Severity;
import jakarta.enterprise.context.ApplicationScoped;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The tables of rules and of their conditions that hold, within the caller's transaction. */
@ApplicationScoped
class RuleStore {
  private static final String COLUMNS =
      "rule_id, tenant_id, name, definition, enabled, version, note, created_at";

  private final ObjectMapper json;

  RuleStore(ObjectMapper json) {
    this.json = json;
  }

  /** A rule that has nothing yet, for a first change to make one of it. */
  static Rule blank(UUID id, int tenantId, Instant now) {
    return new Rule(
        id,
        tenantId,
        "unnamed",
        "model_calls",
        Map.of(),
        null,
        Duration.ofHours(1),
        Operator.ABOVE,
        new Comparison.Threshold(BigDecimal.ZERO),
        Duration.ZERO,
        NoData.ZERO,
        0,
        Severity.MEDIUM,
        ZoneId.of("UTC"),
        Map.of(),
        List.of(),
        true,
        1,
        null,
        now);
  }

  /**
   * @param most how many rules a tenant may have
   * @return whether there was room
   */
  boolean insert(Connection connection, Rule rule, String actor, int most) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO alerting.rules"
                + " (rule_id, tenant_id, name, definition, enabled, created_at, created_by)"
                + " SELECT ?, ?, ?, ?::jsonb, ?, ?, ? WHERE (SELECT count(*) FROM alerting.rules"
                + " WHERE tenant_id = ? AND deleted_at IS NULL) < ?")) {
      insert.setObject(1, rule.id());
      insert.setInt(2, rule.tenantId());
      insert.setString(3, rule.name());
      insert.setString(4, write(RuleBody.of(rule)));
      insert.setBoolean(5, rule.enabled());
      insert.setTimestamp(6, Timestamp.from(rule.createdAt()));
      insert.setString(7, actor);
      insert.setInt(8, rule.tenantId());
      insert.setInt(9, most);
      return insert.executeUpdate() == 1;
    }
  }

  /** Writes a changed rule; what was noted of the one before goes. */
  void update(Connection connection, Rule rule) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.rules SET name = ?, definition = ?::jsonb, enabled = ?, note = NULL,"
                + " evaluated_until = NULL, version = version + 1 WHERE tenant_id = ? AND rule_id = ?")) {
      update.setString(1, rule.name());
      update.setString(2, write(RuleBody.of(rule)));
      update.setBoolean(3, rule.enabled());
      update.setInt(4, rule.tenantId());
      update.setObject(5, rule.id());
      update.executeUpdate();
    }
  }

  boolean delete(Connection connection, int tenantId, UUID id, Instant now) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.rules SET deleted_at = ?, version = version + 1"
                + " WHERE tenant_id = ? AND rule_id = ? AND deleted_at IS NULL")) {
      update.setTimestamp(1, Timestamp.from(now));
      update.setInt(2, tenantId);
      update.setObject(3, id);
      return update.executeUpdate() == 1;
    }
  }

  void note(Connection connection, Rule rule, @Nullable String note) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.rules SET note = ?"
                + " WHERE tenant_id = ? AND rule_id = ? AND version = ?")) {
      update.setString(1, note);
      update.setInt(2, rule.tenantId());
      update.setObject(3, rule.id());
      update.setInt(4, rule.version());
      update.executeUpdate();
    }
  }

  /** The ledger's revision: it grows with every change of the tenant's sums. */
  long revision(Connection connection, int tenantId) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement("SELECT revision FROM ledger.revisions WHERE tenant_id = ?")) {
      select.setInt(1, tenantId);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? row.getLong(1) : 0;
      }
    }
  }

  /**
   * Makes an evaluation the latest of its rule, and keeps the rule from being changed until the end
   * of the transaction.
   *
   * @param windowEnd end of the window that was read
   * @param revision of the ledger, at or before which it was read
   * @return false if the rule is not the given version any more, or disabled, or another process
   *     has written what it read later
   */
  boolean advance(Connection connection, Rule rule, Instant windowEnd, long revision)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.rules SET evaluated_until = ?, evaluated_revision = ?"
                + " WHERE tenant_id = ? AND rule_id = ? AND version = ?"
                + " AND enabled AND deleted_at IS NULL AND (evaluated_until IS NULL"
                + " OR (evaluated_until, evaluated_revision) <= (?, ?))")) {
      update.setTimestamp(1, Timestamp.from(windowEnd));
      update.setLong(2, revision);
      update.setInt(3, rule.tenantId());
      update.setObject(4, rule.id());
      update.setInt(5, rule.version());
      update.setTimestamp(6, Timestamp.from(windowEnd));
      update.setLong(7, revision);
      return update.executeUpdate() == 1;
    }
  }

  Optional<Rule> find(Connection connection, int tenantId, UUID id) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT "
                + COLUMNS
                + " FROM alerting.rules"
                + " WHERE tenant_id = ? AND rule_id = ? AND deleted_at IS NULL")) {
      select.setInt(1, tenantId);
      select.setObject(2, id);
      return read(select).stream().findFirst();
    }
  }

  List<Rule> page(Connection connection, int tenantId, int limit, @Nullable UUID after)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT "
                + COLUMNS
                + " FROM alerting.rules WHERE tenant_id = ? AND rule_id > ?"
                + " AND deleted_at IS NULL ORDER BY rule_id LIMIT ?")) {
      select.setInt(1, tenantId);
      select.setObject(2, after == null ? new UUID(0, 0) : after);
      select.setInt(3, limit);
      return read(select);
    }
  }

  /** The rules of a tenant that are to be looked at. */
  List<Rule> enabled(Connection connection, int tenantId) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT "
                + COLUMNS
                + " FROM alerting.rules WHERE tenant_id = ? AND enabled AND deleted_at IS NULL"
                + " ORDER BY rule_id")) {
      select.setInt(1, tenantId);
      return read(select);
    }
  }

  /** The tenants that have rules to be looked at, asked on behalf of the service. */
  List<Integer> tenants(Connection connection) throws SQLException {
    List<Integer> tenants = new ArrayList<>();
    try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT DISTINCT tenant_id FROM alerting.rules"
                    + " WHERE enabled AND deleted_at IS NULL");
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        tenants.add(rows.getInt(1));
      }
    }
    return tenants;
  }

  private List<Rule> read(PreparedStatement select) throws SQLException {
    try (ResultSet row = select.executeQuery()) {
      List<Rule> rules = new ArrayList<>();
      while (row.next()) {
        rules.add(read(row));
      }
      return rules;
    }
  }

  private Rule read(ResultSet row) throws SQLException {
    Rule blank =
        blank(row.getObject(1, UUID.class), row.getInt(2), row.getTimestamp(8).toInstant());
    Rule rule;
    try {
      rule = RuleParser.changed(blank, json.readValue(row.getString(4), RuleBody.class));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("rule " + blank.id() + " is not the JSON we wrote", e);
    }
    return new Rule(
        rule.id(),
        rule.tenantId(),
        row.getString(3),
        rule.measure(),
        rule.filters(),
        rule.per(),
        rule.window(),
        rule.operator(),
        rule.comparison(),
        rule.holdFor(),
        rule.noData(),
        rule.minimum(),
        rule.severity(),
        rule.zone(),
        rule.labels(),
        rule.channels(),
        row.getBoolean(5),
        row.getInt(6),
        row.getString(7),
        rule.createdAt());
  }

  /** What holds of a rule, by series. */
  Map<String, RuleState> states(Connection connection, Rule rule) throws SQLException {
    Map<String, RuleState> states = new TreeMap<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT series, pending_since, firing, told, told_at FROM alerting.rule_states"
                + " WHERE tenant_id = ? AND rule_id = ?")) {
      select.setInt(1, rule.tenantId());
      select.setObject(2, rule.id());
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          Timestamp toldAt = row.getTimestamp(5);
          states.put(
              row.getString(1),
              new RuleState(
                  row.getTimestamp(2).toInstant(),
                  row.getBoolean(3),
                  told(row.getString(4)),
                  toldAt == null ? null : toldAt.toInstant()));
        }
      }
    }
    return states;
  }

  private @Nullable Map<String, Object> told(@Nullable String text) {
    try {
      return text == null
          ? null
          : json.readValue(text, new TypeReference<Map<String, Object>>() {});
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("what is told of a rule is not the JSON we wrote", e);
    }
  }

  void writeState(Connection connection, Rule rule, String series, RuleState state)
      throws SQLException {
    try (PreparedStatement upsert =
        connection.prepareStatement(
            "INSERT INTO alerting.rule_states"
                + " (rule_id, series, tenant_id, pending_since, firing, told, told_at)"
                + " VALUES (?, ?, ?, ?, ?, ?::jsonb, ?) ON CONFLICT (rule_id, series) DO UPDATE SET"
                + " pending_since = least(rule_states.pending_since, excluded.pending_since),"
                + " firing = rule_states.firing OR excluded.firing,"
                + " told = coalesce(excluded.told, rule_states.told),"
                + " told_at = coalesce(excluded.told_at, rule_states.told_at)")) {
      upsert.setObject(1, rule.id());
      upsert.setString(2, series);
      upsert.setInt(3, rule.tenantId());
      upsert.setTimestamp(4, Timestamp.from(state.pendingSince()));
      upsert.setBoolean(5, state.firing());
      upsert.setString(6, state.told() == null ? null : write(state.told()));
      upsert.setTimestamp(7, state.toldAt() == null ? null : Timestamp.from(state.toldAt()));
      upsert.executeUpdate();
    }
  }

  void deleteStates(Connection connection, Rule rule, Collection<String> series)
      throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement(
            "DELETE FROM alerting.rule_states"
                + " WHERE tenant_id = ? AND rule_id = ? AND series = ANY (?)")) {
      delete.setInt(1, rule.tenantId());
      delete.setObject(2, rule.id());
      delete.setArray(3, connection.createArrayOf("text", series.toArray()));
      delete.executeUpdate();
    }
  }

  /** Has what is told of a rule's conditions put together anew. */
  void retell(Connection connection, int tenantId, UUID ruleId) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.rule_states SET told_at = NULL"
                + " WHERE tenant_id = ? AND rule_id = ?")) {
      update.setInt(1, tenantId);
      update.setObject(2, ruleId);
      update.executeUpdate();
    }
  }

  /** Forgets all that holds of a rule, when it is deleted, disabled or becomes another. */
  void deleteStates(Connection connection, int tenantId, UUID ruleId) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement(
            "DELETE FROM alerting.rule_states WHERE tenant_id = ? AND rule_id = ?")) {
      delete.setInt(1, tenantId);
      delete.setObject(2, ruleId);
      delete.executeUpdate();
    }
  }

  private String write(Object value) {
    try {
      return json.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a rule cannot be written as JSON", e);
    }
  }
}
