package dev.tokenledger.alerting.reservation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The table of open reservations, within the caller's transaction. */
@ApplicationScoped
public class ReservationStore {
  /**
   * How much earlier than the reservation a call may say that it began: the clocks of callers are
   * not ours.
   */
  private static final Duration CLOCK_TOLERANCE = Duration.ofHours(1);

  private final ObjectMapper json;

  public ReservationStore(ObjectMapper json) {
    this.json = json;
  }

  /** Adds reservations; one that is there already stays as it is. */
  public void insert(Connection connection, List<Reservation> reservations) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO alerting.reservations (reservation_id, tenant_id, amount_nanos, budgets,"
                + " amounts, subject, trace_id, span_id, created_at, expires_at)"
                + " VALUES (?, ?, ?, ?, ?, ?::jsonb, ?, ?, ?, ?) ON CONFLICT DO NOTHING")) {
      for (Reservation reservation : reservations) {
        insert.setObject(1, reservation.id());
        insert.setInt(2, reservation.tenantId());
        insert.setLong(3, reservation.amountNanos());
        List<Map.Entry<UUID, Long>> held = List.copyOf(reservation.budgets().entrySet());
        insert.setArray(
            4, connection.createArrayOf("uuid", held.stream().map(Map.Entry::getKey).toArray()));
        insert.setArray(
            5,
            connection.createArrayOf("bigint", held.stream().map(Map.Entry::getValue).toArray()));
        insert.setString(6, write(reservation.subject()));
        insert.setString(7, reservation.traceId());
        insert.setString(8, reservation.spanId());
        insert.setTimestamp(9, Timestamp.from(reservation.createdAt()));
        insert.setTimestamp(10, Timestamp.from(reservation.expiresAt()));
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }

  /** A tenant's reservations whose lease lasts beyond a moment. */
  public List<Reservation> open(Connection connection, int tenantId, Instant after)
      throws SQLException {
    List<Reservation> open = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT reservation_id, amount_nanos, budgets, amounts, subject, trace_id, span_id, created_at,"
                + " expires_at FROM alerting.reservations WHERE tenant_id = ? AND expires_at > ?")) {
      select.setInt(1, tenantId);
      select.setTimestamp(2, Timestamp.from(after));
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          open.add(
              new Reservation(
                  row.getObject(1, UUID.class),
                  tenantId,
                  row.getLong(2),
                  held((UUID[]) row.getArray(3).getArray(), (Long[]) row.getArray(4).getArray()),
                  read(row.getString(5)),
                  row.getString(6),
                  row.getString(7),
                  row.getTimestamp(8).toInstant(),
                  row.getTimestamp(9).toInstant()));
        }
      }
    }
    return open;
  }

  /**
   * A tenant's reservations whose call is in the ledger: it names the reservation, or has its trace
   * and span.
   */
  public List<UUID> settled(Connection connection, int tenantId) throws SQLException {
    List<UUID> settled = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "WITH open AS MATERIALIZED (SELECT reservation_id, trace_id, span_id, created_at"
                + " FROM alerting.reservations WHERE tenant_id = ?),"
                + " since AS (SELECT min(created_at) - ?::interval AS at FROM open)"
                + " SELECT o.reservation_id FROM open o JOIN ledger.events e"
                + " ON e.tenant_id = ? AND e.detail ?? 'reservation_id'"
                + " AND e.detail ->> 'reservation_id' = o.reservation_id::text"
                + " WHERE e.time >= (SELECT at FROM since)"
                + " UNION SELECT o.reservation_id FROM open o JOIN ledger.events e"
                + " ON e.tenant_id = ? AND e.trace_id = o.trace_id AND e.trace_id IS NOT NULL"
                + " AND e.span_id = o.span_id WHERE e.time >= (SELECT at FROM since)")) {
      select.setInt(1, tenantId);
      select.setString(2, CLOCK_TOLERANCE.toString());
      select.setInt(3, tenantId);
      select.setInt(4, tenantId);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          settled.add(rows.getObject(1, UUID.class));
        }
      }
    }
    return settled;
  }

  /** Ends reservations. */
  public void delete(Connection connection, int tenantId, Collection<UUID> ids)
      throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement(
            "DELETE FROM alerting.reservations"
                + " WHERE tenant_id = ? AND reservation_id = ANY (?)")) {
      delete.setInt(1, tenantId);
      delete.setArray(2, connection.createArrayOf("uuid", ids.toArray()));
      delete.execute();
    }
  }

  /** Ends the reservations of a tenant whose lease was over at a moment; returns how many. */
  public int deleteExpired(Connection connection, int tenantId, Instant until) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement(
            "DELETE FROM alerting.reservations WHERE tenant_id = ? AND expires_at <= ?")) {
      delete.setInt(1, tenantId);
      delete.setTimestamp(2, Timestamp.from(until));
      return delete.executeUpdate();
    }
  }

  /** What is reserved against a budget, in nano-dollars. */
  public long reservedNanos(Connection connection, int tenantId, UUID budget, Instant now)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT coalesce(sum(h.amount), 0)::bigint FROM alerting.reservations r,"
                + " unnest(r.budgets, r.amounts) AS h (budget, amount)"
                + " WHERE r.tenant_id = ? AND r.expires_at > ? AND h.budget = ?")) {
      select.setInt(1, tenantId);
      select.setTimestamp(2, Timestamp.from(now));
      select.setObject(3, budget);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  private static Map<UUID, Long> held(UUID[] budgets, Long[] amounts) {
    Map<UUID, Long> held = new HashMap<>();
    for (int i = 0; i < budgets.length; i++) {
      held.put(budgets[i], amounts[i]);
    }
    return held;
  }

  private String write(Map<String, String> subject) {
    try {
      return json.writeValueAsString(subject);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a map of texts cannot be written as JSON", e);
    }
  }

  private Map<String, String> read(String subject) {
    try {
      return json.readValue(subject, new TypeReference<Map<String, String>>() {});
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a reservation's subject is not the JSON we wrote", e);
    }
  }
}
