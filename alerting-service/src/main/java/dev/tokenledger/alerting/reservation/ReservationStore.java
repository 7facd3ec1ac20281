package dev.tokenledger.alerting.reservation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The table of open reservations, within the caller's transaction. */
@ApplicationScoped
public class ReservationStore {
  /**
   * How much earlier than the reservation a call may say that it began: the clocks of callers are
   * not ours.
   */
  private static final Duration CLOCK_TOLERANCE = Duration.ofHours(1);

  /** Reservations in memory at a time. */
  private static final int PAGE = 1_000;

  /** The driver divides a batch of more than 256 statements into several transactions. */
  public static final int MOST_AT_ONCE = 250;

  private final ObjectMapper json;

  public ReservationStore(ObjectMapper json) {
    this.json = json;
  }

  /**
   * A reservation and the epoch of its tenant's guard under which it was decided.
   *
   * @param epoch see {@link GuardEpochs}
   */
  public record Decided(Reservation reservation, long epoch) {}

  /**
   * Adds those reservations whose epoch is still in force; the epochs cannot end before the
   * transaction does. All of them go to the database at once, and without a transaction of the
   * caller's they are one by themselves.
   *
   * @param decided {@link #MOST_AT_ONCE} at most
   * @return for each whether it was added: not when its epoch is over, or when it is there already
   */
  public boolean[] insert(Connection connection, List<Decided> decided) throws SQLException {
    if (decided.size() > MOST_AT_ONCE) {
      throw new IllegalArgumentException(decided.size() + " reservations at once");
    }
    boolean[] added = new boolean[decided.size()];
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO alerting.reservations (reservation_id, tenant_id, amount_nanos, budgets,"
                + " amounts, subject, trace_id, span_id, created_at, expires_at)"
                + " SELECT ?, tenant_id, ?, ?::uuid[], ?::bigint[], ?::jsonb, ?, ?,"
                + " to_timestamp(? / 1000.0), to_timestamp(? / 1000.0)"
                + " FROM alerting.guard_epochs WHERE tenant_id = ? AND epoch = ? FOR SHARE"
                + " ON CONFLICT DO NOTHING")) {
      // A batch of one would be planned anew each time.
      if (decided.size() == 1) {
        set(insert, decided.get(0));
        added[0] = insert.executeUpdate() == 1;
        return added;
      }
      for (Decided one : decided) {
        set(insert, one);
        insert.addBatch();
      }
      int[] counts = insert.executeBatch();
      for (int i = 0; i < counts.length; i++) {
        added[i] = counts[i] == 1;
      }
    }
    return added;
  }

  private void set(PreparedStatement insert, Decided decided) throws SQLException {
    Reservation one = decided.reservation;
    insert.setObject(1, one.id());
    insert.setLong(2, one.amountNanos());
    insert.setString(3, literal(one.budgets().keySet()));
    insert.setString(4, literal(one.budgets().values()));
    insert.setString(5, write(one.subject()));
    insert.setString(6, one.traceId());
    insert.setString(7, one.spanId());
    insert.setLong(8, one.createdAt().toEpochMilli());
    insert.setLong(9, one.expiresAt().toEpochMilli());
    insert.setInt(10, one.tenantId());
    insert.setLong(11, decided.epoch);
  }

  /** As Postgres writes an array of uuids or integers. */
  private static String literal(Collection<?> values) {
    return values.stream().map(Object::toString).collect(Collectors.joining(",", "{", "}"));
  }

  /**
   * Hands over a tenant's reservations whose lease lasts beyond a moment, however many there are.
   *
   * @param wanted which of them
   * @param page takes some of them at a time
   * @return how many were handed over
   */
  public int eachPage(
      Connection connection,
      int tenantId,
      Instant after,
      Predicate<Reservation> wanted,
      Consumer<List<Reservation>> page)
      throws SQLException {
    int count = 0;
    List<Reservation> next = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT reservation_id, amount_nanos, budgets, amounts, subject, trace_id, span_id, created_at,"
                + " expires_at FROM alerting.reservations WHERE tenant_id = ? AND expires_at > ?")) {
      select.setInt(1, tenantId);
      select.setTimestamp(2, Timestamp.from(after));
      select.setFetchSize(PAGE);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          Reservation reservation =
              new Reservation(
                  row.getObject(1, UUID.class),
                  tenantId,
                  row.getLong(2),
                  held((UUID[]) row.getArray(3).getArray(), (Long[]) row.getArray(4).getArray()),
                  read(row.getString(5)),
                  row.getString(6),
                  row.getString(7),
                  row.getTimestamp(8).toInstant(),
                  row.getTimestamp(9).toInstant());
          if (wanted.test(reservation)) {
            next.add(reservation);
            count++;
          }
          if (next.size() == PAGE) {
            page.accept(next);
            next = new ArrayList<>();
          }
        }
      }
    }
    if (!next.isEmpty()) {
      page.accept(next);
    }
    return count;
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

  /** Ends reservations; returns how many there were. */
  public int delete(Connection connection, int tenantId, Collection<UUID> ids) throws SQLException {
    try (PreparedStatement delete =
        connection.prepareStatement(
            "DELETE FROM alerting.reservations"
                + " WHERE tenant_id = ? AND reservation_id = ANY (?)")) {
      delete.setInt(1, tenantId);
      delete.setArray(2, connection.createArrayOf("uuid", ids.toArray()));
      return delete.executeUpdate();
    }
  }

  /**
   * Ends the reservations of a tenant whose lease ended in a span of time; returns how many. The
   * caller's transaction does not wait for the disk: one that is lost in a crash is made again.
   *
   * @param after the beginning, which is not in the span; {@link Instant#MIN} for none
   * @param until the end, which is
   */
  public int deleteExpired(Connection connection, int tenantId, Instant after, Instant until)
      throws SQLException {
    try (Statement relax = connection.createStatement();
        PreparedStatement delete =
            connection.prepareStatement(
                "DELETE FROM alerting.reservations"
                    + " WHERE tenant_id = ? AND expires_at > ?::timestamptz AND expires_at <= ?")) {
      delete.setInt(1, tenantId);
      relax.execute("SET LOCAL synchronous_commit = off");
      delete.setString(2, after.equals(Instant.MIN) ? "-infinity" : after.toString());
      delete.setTimestamp(3, Timestamp.from(until));
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
