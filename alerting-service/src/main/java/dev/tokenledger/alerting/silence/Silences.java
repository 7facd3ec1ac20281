package dev.tokenledger.alerting.silence;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The table of silences, within the caller's transaction. */
@ApplicationScoped
public class Silences {
  /** How many may be active or pending in a tenant; all of them are looked at for each message. */
  static final int MAX = 200;

  private static final String SELECT =
      "SELECT silence_id, matchers, starts_at, ends_at, comment, created_by, created_at, ended_by"
          + " FROM alerting.silences WHERE ";

  private final ObjectMapper json;

  public Silences(ObjectMapper json) {
    this.json = json;
  }

  /** As they are stored. */
  private record Stored(String label, Matcher.Operator operator, String value) {}

  /** Those that mute at a moment. */
  public List<Silence> active(Connection connection, int tenantId, Instant now)
      throws SQLException {
    return select(
        connection,
        "tenant_id = ? AND starts_at <= ? AND ends_at > ? ORDER BY ends_at LIMIT " + MAX,
        statement -> {
          statement.setInt(1, tenantId);
          statement.setTimestamp(2, Timestamp.from(now));
          statement.setTimestamp(3, Timestamp.from(now));
        });
  }

  /**
   * A page, the latest start first.
   *
   * @param expired those that are over, rather than those that are not
   * @param after the last of the page before; null for the first page
   */
  List<Silence> page(
      Connection connection,
      int tenantId,
      boolean expired,
      Instant now,
      int limit,
      @Nullable UUID after)
      throws SQLException {
    return select(
        connection,
        "tenant_id = ? AND ? = (ends_at <= ? OR ended_by IS NOT NULL)"
            + " AND (? OR (starts_at, silence_id) <"
            + " (SELECT starts_at, silence_id FROM alerting.silences WHERE silence_id = ?))"
            + " ORDER BY starts_at DESC, silence_id DESC LIMIT ?",
        statement -> {
          statement.setInt(1, tenantId);
          statement.setBoolean(2, expired);
          statement.setTimestamp(3, Timestamp.from(now));
          statement.setBoolean(4, after == null);
          statement.setObject(5, after);
          statement.setInt(6, limit);
        });
  }

  /**
   * Adds a silence.
   *
   * @return false if the tenant has as many as it may
   */
  boolean insert(Connection connection, int tenantId, Silence silence) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO alerting.silences (silence_id, tenant_id, matchers, starts_at, ends_at,"
                + " comment, created_by, created_at) SELECT ?, ?, ?::jsonb, ?, ?, ?, ?, ?"
                + " WHERE (SELECT count(*) FROM alerting.silences WHERE tenant_id = ?"
                + " AND ends_at > ? AND ended_by IS NULL) < ?")) {
      insert.setObject(1, silence.id());
      insert.setInt(2, tenantId);
      insert.setString(3, write(silence.matchers()));
      insert.setTimestamp(4, Timestamp.from(silence.startsAt()));
      insert.setTimestamp(5, Timestamp.from(silence.endsAt()));
      insert.setString(6, silence.comment());
      insert.setString(7, silence.createdBy());
      insert.setTimestamp(8, Timestamp.from(silence.createdAt()));
      insert.setInt(9, tenantId);
      insert.setTimestamp(10, Timestamp.from(silence.createdAt()));
      insert.setInt(11, MAX);
      return insert.executeUpdate() == 1;
    }
  }

  /**
   * Ends a silence now, or before it has started; one that is over stays as it is.
   *
   * @return false if there is none with this id
   */
  boolean end(Connection connection, int tenantId, UUID id, String actor, Instant now)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE alerting.silences SET"
                + " ended_by = CASE WHEN ends_at > ? THEN coalesce(ended_by, ?) ELSE ended_by END,"
                + " ends_at = least(ends_at, greatest(starts_at, ?))"
                + " WHERE tenant_id = ? AND silence_id = ?")) {
      update.setTimestamp(1, Timestamp.from(now));
      update.setString(2, actor);
      update.setTimestamp(3, Timestamp.from(now));
      update.setInt(4, tenantId);
      update.setObject(5, id);
      return update.executeUpdate() == 1;
    }
  }

  @FunctionalInterface
  private interface Binding {
    void to(PreparedStatement statement) throws SQLException;
  }

  private List<Silence> select(Connection connection, String where, Binding binding)
      throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(SELECT + where)) {
      binding.to(select);
      try (ResultSet rows = select.executeQuery()) {
        List<Silence> silences = new ArrayList<>();
        while (rows.next()) {
          silences.add(
              new Silence(
                  rows.getObject(1, UUID.class),
                  read(rows.getString(2)),
                  rows.getTimestamp(3).toInstant(),
                  rows.getTimestamp(4).toInstant(),
                  rows.getString(5),
                  rows.getString(6),
                  rows.getTimestamp(7).toInstant(),
                  rows.getString(8)));
        }
        return silences;
      }
    }
  }

  private String write(List<Matcher> matchers) {
    try {
      return json.writeValueAsString(
          matchers.stream().map(m -> new Stored(m.label(), m.operator(), m.value())).toList());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("matchers cannot be written as JSON", e);
    }
  }

  private List<Matcher> read(String matchers) {
    try {
      return json.readValue(matchers, new TypeReference<List<Stored>>() {}).stream()
          .map(m -> new Matcher(m.label, m.operator, m.value))
          .toList();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the matchers of a silence are not the JSON we wrote", e);
    }
  }
}
