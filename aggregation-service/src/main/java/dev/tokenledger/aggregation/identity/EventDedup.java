package dev.tokenledger.aggregation.identity;

import dev.tokenledger.aggregation.event.EventIdentity;
import dev.tokenledger.aggregation.event.LedgerEvent;
import dev.tokenledger.platform.database.BinaryCopy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Lets each event through once. An identity is claimed in the transaction that writes the event, so
 * that a failed write leaves no claim behind.
 *
 * <p>An identity is looked for in the sealed {@link IdentityGenerations} and claimed in the newest.
 * Nearly always nothing of a batch was seen before. Then the identities are copied straight into
 * the newest generation, whose primary key has the last word; that costs a third of claiming each
 * of them by itself, which is done when the key has refused the copy. For a while after that no
 * copy is tried.
 *
 * <p>Both ways go in the order of the key: of two transactions that claim the same identities one
 * waits for the other, never each for each. Thread-safe.
 */
public final class EventDedup {
  /** Batches that are claimed one by one after a copy was refused: repetitions come in heaps. */
  private static final int CAUTIOUS_BATCHES = 20;

  private static final String UNIQUE_VIOLATION = "23505";

  private static final Comparator<LedgerEvent> KEY_ORDER =
      Comparator.comparingInt(LedgerEvent::tenantId).thenComparing(EventDedup::compareKeys);

  /** Shared by all who claim, so that no generation begins between them. */
  private static final String STAY_IN_GENERATION = "SELECT pg_advisory_xact_lock_shared(730584, 1)";

  private static final String CREATE_INCOMING =
      "CREATE TEMPORARY TABLE IF NOT EXISTS incoming"
          + " (tenant_id integer, event_key uuid, time timestamptz) ON COMMIT DELETE ROWS";

  private static final String COPY_INCOMING =
      "COPY pg_temp.incoming (tenant_id, event_key, time) FROM STDIN (FORMAT binary)";

  private final IdentityGenerations generations;
  private final AtomicInteger cautious = new AtomicInteger();

  public EventDedup(IdentityGenerations generations) {
    this.generations = generations;
  }

  /**
   * What became of a batch.
   *
   * @param fresh the events that were not there before, in the order in which they came
   * @param repeated all others: their identities are taken, by the ledger or by a fresh one
   */
  public record Claimed(List<LedgerEvent> fresh, List<LedgerEvent> repeated) {}

  /** Prepares a new connection. */
  public void prepare(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(CREATE_INCOMING);
    }
  }

  /** Claims the identities of events within the caller's transaction. */
  public Claimed claim(Connection connection, List<LedgerEvent> events) throws SQLException {
    if (events.isEmpty()) {
      return new Claimed(List.of(), List.of());
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute(STAY_IN_GENERATION);
    }
    Set<LedgerEvent> repeated = Collections.newSetFromMap(new IdentityHashMap<>());
    List<LedgerEvent> candidates = firstOfEach(events, repeated);
    int newest = 0;
    for (IdentityGenerations.Generation generation : IdentityGenerations.list(connection)) {
      if (generation.sealed()) {
        candidates = notIn(connection, generation.number(), candidates, repeated);
      } else {
        newest = generation.number();
      }
    }
    if (cautious.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
      claimEach(connection, newest, candidates, repeated);
    } else if (!copy(connection, newest, candidates)) {
      cautious.set(CAUTIOUS_BATCHES);
      claimEach(connection, newest, candidates, repeated);
    }
    if (repeated.isEmpty()) {
      return new Claimed(events, List.of());
    }
    List<LedgerEvent> fresh = new ArrayList<>(events.size());
    List<LedgerEvent> others = new ArrayList<>(repeated.size());
    events.forEach(event -> (repeated.contains(event) ? others : fresh).add(event));
    return new Claimed(fresh, others);
  }

  /** The first event of each identity, in key order. */
  private static List<LedgerEvent> firstOfEach(
      List<LedgerEvent> events, Set<LedgerEvent> repeated) {
    LedgerEvent[] ordered = events.toArray(LedgerEvent[]::new);
    // Stable: of events with one identity the first that came stays the first.
    Arrays.sort(ordered, KEY_ORDER);
    List<LedgerEvent> first = new ArrayList<>(ordered.length);
    for (int i = 0; i < ordered.length; i++) {
      if (i > 0 && KEY_ORDER.compare(ordered[i - 1], ordered[i]) == 0) {
        repeated.add(ordered[i]);
      } else {
        first.add(ordered[i]);
      }
    }
    return first;
  }

  /** Those events whose identity is not in a sealed generation. */
  private List<LedgerEvent> notIn(
      Connection connection, int generation, List<LedgerEvent> events, Set<LedgerEvent> repeated)
      throws SQLException {
    Optional<KeyFilter> filter = generations.filter(generation);
    List<LedgerEvent> suspects =
        filter.isEmpty()
            ? events
            : events.stream()
                .filter(event -> filter.get().mayContain(event.tenantId(), event.key()))
                .toList();
    List<LedgerEvent> found = find(connection, generation, suspects);
    if (found.isEmpty()) {
      return events;
    }
    repeated.addAll(found);
    return events.stream().filter(event -> !repeated.contains(event)).toList();
  }

  private static List<LedgerEvent> find(
      Connection connection, int generation, List<LedgerEvent> suspects) throws SQLException {
    if (suspects.isEmpty()) {
      return List.of();
    }
    List<LedgerEvent> found = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            // One look-up by key for each, whatever the planner thinks of the table's size.
            "SELECT w.position FROM unnest(?::integer[], ?::uuid[]) WITH ORDINALITY"
                + " AS w (tenant_id, event_key, position) CROSS JOIN LATERAL (SELECT 1 FROM "
                + IdentityGenerations.table(generation)
                + " WHERE tenant_id = w.tenant_id AND event_key = w.event_key OFFSET 0) i")) {
      select.setArray(
          1,
          connection.createArrayOf(
              "integer", suspects.stream().map(LedgerEvent::tenantId).toArray()));
      select.setArray(
          2, connection.createArrayOf("uuid", suspects.stream().map(LedgerEvent::key).toArray()));
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          found.add(suspects.get(rows.getInt(1) - 1));
        }
      }
    }
    return found;
  }

  /** Claims all or, if one of them is taken, none. */
  private static boolean copy(Connection connection, int generation, List<LedgerEvent> events)
      throws SQLException {
    Savepoint before = connection.setSavepoint();
    String statement =
        "COPY "
            + IdentityGenerations.table(generation)
            + " (generation, tenant_id, event_key, time) FROM STDIN (FORMAT binary)";
    try (BinaryCopy copy = BinaryCopy.into(connection, statement)) {
      for (LedgerEvent event : events) {
        copy.startRow(4);
        copy.integer(generation);
        write(copy, event);
      }
      copy.finish();
    } catch (SQLException e) {
      if (!UNIQUE_VIOLATION.equals(e.getSQLState())) {
        throw e;
      }
      connection.rollback(before);
      return false;
    }
    connection.releaseSavepoint(before);
    return true;
  }

  /** Claims those that are free; the others are repeated. */
  private static void claimEach(
      Connection connection, int generation, List<LedgerEvent> events, Set<LedgerEvent> repeated)
      throws SQLException {
    try (BinaryCopy copy = BinaryCopy.into(connection, COPY_INCOMING)) {
      for (LedgerEvent event : events) {
        copy.startRow(3);
        write(copy, event);
      }
      copy.finish();
    }
    Set<EventIdentity> claimed = new HashSet<>(events.size() * 2);
    try (PreparedStatement claim =
        connection.prepareStatement(
            "INSERT INTO "
                + IdentityGenerations.table(generation)
                + " (generation, tenant_id, event_key, time) SELECT "
                + generation
                + ", tenant_id, event_key, time FROM pg_temp.incoming"
                + " ORDER BY tenant_id, event_key ON CONFLICT DO NOTHING"
                + " RETURNING tenant_id, event_key")) {
      try (ResultSet rows = claim.executeQuery()) {
        while (rows.next()) {
          claimed.add(new EventIdentity(rows.getInt(1), rows.getObject(2, UUID.class)));
        }
      }
    }
    for (LedgerEvent event : events) {
      if (!claimed.contains(EventIdentity.of(event))) {
        repeated.add(event);
      }
    }
  }

  private static void write(BinaryCopy copy, LedgerEvent event) {
    copy.integer(event.tenantId());
    copy.uuid(event.key());
    copy.timestamp(event.timeMicros());
  }

  /** As Postgres compares them: {@link UUID#compareTo} takes the halves for signed numbers. */
  private static int compareKeys(LedgerEvent a, LedgerEvent b) {
    int high =
        Long.compareUnsigned(a.key().getMostSignificantBits(), b.key().getMostSignificantBits());
    return high != 0
        ? high
        : Long.compareUnsigned(
            a.key().getLeastSignificantBits(), b.key().getLeastSignificantBits());
  }
}
