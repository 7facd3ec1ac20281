package dev.tokenledger.aggregation.event;

import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.EventMeasures;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.rollup.MeasureVector;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Events that the ledger holds, to be changed within the caller's transaction. Whoever changes an
 * event holds the lock of its identity first, so that changes of one event come one after the
 * other.
 */
public final class StoredEvents {
  private static final String LOCK =
      """
      SELECT i.tenant_id, i.event_key, i.time, i.amended
      FROM unnest(?::integer[], ?::uuid[]) AS w (tenant_id, event_key)
        JOIN ledger.event_identity i USING (tenant_id, event_key)
      ORDER BY i.tenant_id, i.event_key FOR UPDATE OF i
      """;

  /** One look-up by key for each. */
  private static final String OF_LOCKED =
      """
      FROM unnest(?::integer[], ?::timestamptz[], ?::uuid[]) WITH ORDINALITY
        AS w (tenant_id, time, event_key, position)
      CROSS JOIN LATERAL (SELECT * FROM ledger.events WHERE tenant_id = w.tenant_id
        AND time = w.time AND event_key = w.event_key OFFSET 0) e
      """;

  private static final String SHOWN =
      "SELECT w.position, e.version, e.provenance IS NOT NULL " + OF_LOCKED;

  /** With the names of people, by which they are counted where the event comes to be counted. */
  private static final String LOAD =
      "SELECT w.position, "
          + person(Dimension.USER)
          + ", "
          + person(Dimension.SESSION)
          + ", "
          + Arrays.stream(EventStore.COLUMNS.split(", "))
              .map(column -> "e." + column)
              .collect(Collectors.joining(", "))
          + " "
          + OF_LOCKED;

  /** Events that are read at once. */
  private static final int PORTION = 1_000;

  private static String person(Dimension dimension) {
    return "(SELECT value FROM ledger.dimension_values d WHERE d.tenant_id = e.tenant_id"
        + " AND d.value_id = e.\"%s\" AND d.dimension = %d)"
            .formatted(dimension.label(), dimension.code());
  }

  private static final String DELETE =
      "DELETE FROM ledger.events WHERE tenant_id = ? AND time = ? AND event_key = ?";

  private static final String MOVE =
      "UPDATE ledger.event_identity SET time = ?, amended = amended OR ?"
          + " WHERE tenant_id = ? AND event_key = ?";

  private final EventStore events;

  public StoredEvents(EventStore events) {
    this.events = events;
  }

  /**
   * An identity whose lock is held.
   *
   * @param time the event's time, which with the identity finds its row
   * @param amended whether an update has come to the event after it was stored
   */
  public record Locked(EventIdentity identity, Instant time, boolean amended) {}

  /**
   * What a row tells of itself without being loaded.
   *
   * @param version when the door admitted what it shows
   * @param amended whether an update has had a part in it
   */
  public record Shown(Locked lock, long version, boolean amended) {}

  /** Takes the locks, in key order, of those identities that exist. */
  public List<Locked> lock(Connection connection, Collection<EventIdentity> identities)
      throws SQLException {
    List<EventIdentity> ordered =
        identities.stream()
            .distinct()
            .sorted(
                Comparator.comparingInt(EventIdentity::tenantId).thenComparing(EventIdentity::key))
            .toList();
    List<Locked> locked = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(LOCK)) {
      select.setArray(
          1,
          connection.createArrayOf(
              "integer", ordered.stream().map(EventIdentity::tenantId).toArray()));
      select.setArray(
          2, connection.createArrayOf("uuid", ordered.stream().map(EventIdentity::key).toArray()));
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          locked.add(
              new Locked(
                  new EventIdentity(rows.getInt(1), rows.getObject(2, UUID.class)),
                  rows.getTimestamp(3).toInstant(),
                  rows.getBoolean(4)));
        }
      }
    }
    return locked;
  }

  /** What the rows of locked identities tell of themselves. */
  public List<Shown> shown(Connection connection, List<Locked> locked) throws SQLException {
    if (locked.isEmpty()) {
      return List.of();
    }
    List<Shown> shown = new ArrayList<>(locked.size());
    try (PreparedStatement select = connection.prepareStatement(SHOWN)) {
      bind(connection, select, locked);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          shown.add(new Shown(locked.get(rows.getInt(1) - 1), rows.getLong(2), rows.getBoolean(3)));
        }
      }
    }
    return shown;
  }

  /** The rows of locked identities. */
  public Map<EventIdentity, LedgerEvent> load(Connection connection, List<Locked> locked)
      throws SQLException {
    Map<EventIdentity, LedgerEvent> found = new LinkedHashMap<>();
    try (PreparedStatement select = connection.prepareStatement(LOAD)) {
      for (int from = 0; from < locked.size(); from += PORTION) {
        List<Locked> portion = locked.subList(from, Math.min(locked.size(), from + PORTION));
        bind(connection, select, portion);
        try (ResultSet row = select.executeQuery()) {
          while (row.next()) {
            Locked lock = portion.get(row.getInt(1) - 1);
            found.put(lock.identity, read(row, lock.amended));
          }
        }
      }
    }
    return found;
  }

  private static void bind(Connection connection, PreparedStatement select, List<Locked> locked)
      throws SQLException {
    select.setArray(
        1,
        connection.createArrayOf(
            "integer", locked.stream().map(lock -> lock.identity.tenantId()).toArray()));
    select.setArray(
        2,
        connection.createArrayOf(
            "timestamptz", locked.stream().map(lock -> lock.time.toString()).toArray()));
    select.setArray(
        3,
        connection.createArrayOf(
            "uuid", locked.stream().map(lock -> lock.identity.key()).toArray()));
  }

  /**
   * Replaces rows, wherever their new times put them.
   *
   * @param changes old and new state of each event, whose locks are held
   */
  public void replace(Connection connection, Collection<Change> changes) throws SQLException {
    try (PreparedStatement delete = connection.prepareStatement(DELETE);
        PreparedStatement move = connection.prepareStatement(MOVE)) {
      for (Change change : changes) {
        delete.setInt(1, change.before.tenantId());
        delete.setObject(2, instant(change.before).atOffset(ZoneOffset.UTC));
        delete.setObject(3, change.before.key());
        delete.addBatch();
        if (change.before.timeMicros() != change.after.timeMicros()
            || change.before.amends() != change.after.amends()) {
          move.setObject(1, instant(change.after).atOffset(ZoneOffset.UTC));
          move.setBoolean(2, change.after.amends());
          move.setInt(3, change.after.tenantId());
          move.setObject(4, change.after.key());
          move.addBatch();
        }
      }
      delete.executeBatch();
      move.executeBatch();
    }
    events.insert(connection, changes.stream().map(Change::after).toList());
  }

  /** An event before and after a correction. */
  public record Change(LedgerEvent before, LedgerEvent after) {}

  public static Instant instant(LedgerEvent event) {
    return Instant.ofEpochSecond(
        Math.floorDiv(event.timeMicros(), 1_000_000L),
        Math.floorMod(event.timeMicros(), 1_000_000L) * 1_000L);
  }

  private static LedgerEvent read(ResultSet row, boolean amended) throws SQLException {
    int at = 2;
    String user = row.getString(at++);
    String session = row.getString(at++);
    int tenantId = row.getInt(at++);
    Instant time = row.getTimestamp(at++).toInstant();
    UUID key = row.getObject(at++, UUID.class);
    String eventId = row.getString(at++);
    long version = row.getLong(at++);
    boolean counted = row.getBoolean(at++);
    int[] dimensions = new int[Dimension.count()];
    for (Dimension dimension : EventStore.DIMENSIONS) {
      dimensions[dimension.ordinal()] = row.getInt(at++);
    }
    Array tagArray = row.getArray(at++);
    int[] tags =
        tagArray == null
            ? new int[0]
            : Arrays.stream((Integer[]) tagArray.getArray()).mapToInt(Integer::intValue).toArray();
    String traceId = row.getString(at++);
    String spanId = row.getString(at++);
    String parentSpanId = row.getString(at++);
    String unpricedReason = row.getString(at++);
    String detail = row.getString(at++);
    int inherited = row.getInt(at++);
    Provenance provenance = Provenance.ofJson(row.getString(at++));
    long[] measures = new long[Measure.count()];
    for (int i = 0; i < measures.length; i++) {
      measures[i] = row.getLong(at++);
    }
    return new LedgerEvent(
        tenantId,
        key,
        eventId,
        time.getEpochSecond() * 1_000_000L + time.getNano() / 1_000,
        version,
        counted,
        amended,
        true,
        dimensions,
        tags,
        EventMeasures.of(MeasureVector.of(measures)),
        traceId,
        spanId,
        parentSpanId,
        unpricedReason,
        detail,
        EventEncoder.hash(user),
        EventEncoder.hash(session),
        inherited,
        provenance);
  }
}
