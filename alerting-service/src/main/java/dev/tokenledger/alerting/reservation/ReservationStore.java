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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

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
   * Adds those reservations whose epoch is still in force, in one statement; the epochs cannot end
   * before its transaction does. One that is there already stays as it is.
   *
   * @return the ids of those that are there now
   */
  public Set<UUID> insert(Connection connection, List<Decided> decided) throws SQLException {
    Set<UUID> there = new HashSet<>();
    try (PreparedStatement insert =
        connection.prepareStatement(
            "WITH given AS MATERIALIZED (SELECT id::uuid AS id, tenant::integer AS tenant, epoch,"
                + " amount, budgets, amounts, subject, trace, span, created, expires"
                + " FROM unnest(?::text[], ?::bigint[], ?::bigint[], ?::bigint[], ?::text[],"
                + " ?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::bigint[])"
                + " AS g (id, tenant, epoch, amount, budgets, amounts, subject, trace, span,"
                + " created, expires)),"
                + " held AS MATERIALIZED (SELECT tenant_id, epoch FROM alerting.guard_epochs"
                + " WHERE tenant_id IN (SELECT tenant FROM given) ORDER BY tenant_id FOR SHARE),"
                + " decided AS MATERIALIZED (SELECT given.* FROM given"
                + " JOIN held ON held.tenant_id = tenant AND held.epoch = given.epoch),"
                + " added AS (INSERT INTO alerting.reservations (reservation_id, tenant_id,"
                + " amount_nanos, budgets, amounts, subject, trace_id, span_id, created_at,"
                + " expires_at) SELECT id, tenant, amount, budgets::uuid[], amounts::bigint[],"
                + " subject::jsonb, trace, span, to_timestamp(created / 1000.0),"
                + " to_timestamp(expires / 1000.0) FROM decided ON CONFLICT DO NOTHING)"
                + " SELECT id FROM decided")) {
      setTexts(insert, 1, decided, one -> one.id().toString());
      setLongs(insert, 2, decided, one -> one.reservation.tenantId());
      setLongs(insert, 3, decided, Decided::epoch);
      setLongs(insert, 4, decided, one -> one.reservation.amountNanos());
      setTexts(insert, 5, decided, one -> literal(one.budgets().keySet()));
      setTexts(insert, 6, decided, one -> literal(one.budgets().values()));
      setTexts(insert, 7, decided, one -> write(one.subject()));
      setTexts(insert, 8, decided, Reservation::traceId);
      setTexts(insert, 9, decided, Reservation::spanId);
      setLongs(insert, 10, decided, one -> one.reservation.createdAt().toEpochMilli());
      setLongs(insert, 11, decided, one -> one.reservation.expiresAt().toEpochMilli());
      try (ResultSet rows = insert.executeQuery()) {
        while (rows.next()) {
          there.add(rows.getObject(1, UUID.class));
        }
      }
    }
    return there;
  }

  /** Arrays of these two types are sent as they are; those of others are written out as text. */
  private static void setTexts(
      PreparedStatement statement,
      int index,
      List<Decided> decided,
      Function<Reservation, @Nullable String> value)
      throws SQLException {
    @Nullable String[] values = new String[decided.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = value.apply(decided.get(i).reservation);
    }
    statement.setArray(index, statement.getConnection().createArrayOf("text", values));
  }

  private static void setLongs(
      PreparedStatement statement, int index, List<Decided> decided, ToLongFunction<Decided> value)
      throws SQLException {
    long[] values = decided.stream().mapToLong(value).toArray();
    statement.setObject(index, values);
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
