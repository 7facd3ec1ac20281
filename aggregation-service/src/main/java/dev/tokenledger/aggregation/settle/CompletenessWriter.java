package dev.tokenledger.aggregation.settle;

import dev.tokenledger.aggregation.block.EncodedBlock;
import dev.tokenledger.aggregation.event.EventIdentity;
import dev.tokenledger.aggregation.event.LedgerEvent;
import dev.tokenledger.aggregation.event.StoredEvents;
import dev.tokenledger.model.rollup.Grain;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts what each source sent and what became of it, in the transaction that settles it, so that
 * the meter is as exact as the ledger: received = accepted + rejected, accepted = stored +
 * duplicates + amended.
 */
public final class CompletenessWriter {
  private static final String UPSERT =
      "INSERT INTO ledger.completeness AS c (tenant_id, hour, source, received, accepted, rejected,"
          + " stored, duplicates, amended, first_admitted_at, last_admitted_at, last_event_at,"
          + " max_lag_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
          + " ON CONFLICT (tenant_id, hour, source) DO UPDATE SET"
          + " received = c.received + excluded.received,"
          + " accepted = c.accepted + excluded.accepted,"
          + " rejected = c.rejected + excluded.rejected,"
          + " stored = c.stored + excluded.stored,"
          + " duplicates = c.duplicates + excluded.duplicates,"
          + " amended = c.amended + excluded.amended,"
          + " first_admitted_at = least(c.first_admitted_at, excluded.first_admitted_at),"
          + " last_admitted_at = greatest(c.last_admitted_at, excluded.last_admitted_at),"
          + " last_event_at = greatest(c.last_event_at, excluded.last_event_at),"
          + " max_lag_ms = greatest(c.max_lag_ms, excluded.max_lag_ms)";

  private static final String REJECTION =
      "INSERT INTO ledger.rejections AS r (tenant_id, hour, source, reason, count)"
          + " VALUES (?, ?, ?, ?, ?)"
          + " ON CONFLICT (tenant_id, hour, source, reason) DO UPDATE"
          + " SET count = r.count + excluded.count";

  private static final String FRESHNESS =
      "INSERT INTO ledger.freshness AS f (tenant_id, settled_admissions_until, last_event_at)"
          + " VALUES (?, ?, ?) ON CONFLICT (tenant_id) DO UPDATE SET"
          + " settled_admissions_until ="
          + " greatest(f.settled_admissions_until, excluded.settled_admissions_until),"
          + " last_event_at = greatest(f.last_event_at, excluded.last_event_at),"
          + " settled_at = now()";

  private static final String ADMITTED =
      "INSERT INTO ledger.admitted AS a (tenant_id, hour, accepted, duplicates, amended)"
          + " VALUES (?, ?, ?, ?, ?) ON CONFLICT (tenant_id, hour) DO UPDATE SET"
          + " accepted = a.accepted + excluded.accepted,"
          + " duplicates = a.duplicates + excluded.duplicates,"
          + " amended = a.amended + excluded.amended";

  private final Clock clock;

  public CompletenessWriter(Clock clock) {
    this.clock = clock;
  }

  private record Key(int tenantId, long hour, String source) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      int order = Integer.compare(tenantId, other.tenantId);
      order = order != 0 ? order : Long.compare(hour, other.hour);
      return order != 0 ? order : source.compareTo(other.source);
    }
  }

  private record EventHour(int tenantId, long hour) implements Comparable<EventHour> {
    @Override
    public int compareTo(EventHour other) {
      int order = Integer.compare(tenantId, other.tenantId);
      return order != 0 ? order : Long.compare(hour, other.hour);
    }
  }

  /** Accepted, duplicates and amended of one hour of events. */
  private static final class Admitted {
    private long accepted;
    private long duplicates;
    private long amended;
  }

  private static final class Counts {
    private long received;
    private long accepted;
    private long rejected;
    private long stored;
    private long amended;
    private long firstAdmittedMicros = Long.MAX_VALUE;
    private long lastAdmittedMicros = Long.MIN_VALUE;
    private long lastEventMicros = Long.MIN_VALUE;
    private final Map<String, Long> reasons = new TreeMap<>();
  }

  /**
   * @param repeated those events of the batches that the ledger, or an earlier one of them, had
   *     brought before; told apart by being the same object
   * @param amended what repeated events have changed
   */
  void write(
      Connection connection,
      List<EncodedBlock.Batch> batches,
      Set<LedgerEvent> repeated,
      List<StoredEvents.Change> amended)
      throws SQLException {
    if (batches.isEmpty()) {
      return;
    }
    Map<Key, Counts> sources = new TreeMap<>();
    Map<Integer, Counts> tenants = new TreeMap<>();
    Map<EventHour, Admitted> hours = new TreeMap<>();
    Set<EventIdentity> amendedIdentities = new HashSet<>();
    for (StoredEvents.Change change : amended) {
      amendedIdentities.add(EventIdentity.of(change.after()));
      // What an update has moved to another hour is accepted there and not here.
      hour(hours, change.before()).accepted--;
      hour(hours, change.after()).accepted++;
    }
    for (EncodedBlock.Batch batch : batches) {
      Counts source =
          sources.computeIfAbsent(
              new Key(
                  batch.tenantId(),
                  Grain.HOUR.floorSecond(batch.admittedAtMicros() / 1_000_000),
                  batch.source()),
              k -> new Counts());
      Counts tenant = tenants.computeIfAbsent(batch.tenantId(), t -> new Counts());
      count(source, hours, batch, repeated, amendedIdentities);
      merge(tenant, source);
    }
    long nowMillis = clock.millis();
    try (PreparedStatement upsert = connection.prepareStatement(UPSERT)) {
      for (Map.Entry<Key, Counts> entry : sources.entrySet()) {
        bind(upsert, entry.getKey(), entry.getValue(), nowMillis);
        upsert.addBatch();
      }
      upsert.executeBatch();
    }
    writeRejections(connection, sources);
    writeAdmitted(connection, hours);
    writeFreshness(connection, tenants);
  }

  private static void count(
      Counts source,
      Map<EventHour, Admitted> hours,
      EncodedBlock.Batch batch,
      Set<LedgerEvent> repeated,
      Set<EventIdentity> amended) {
    for (LedgerEvent event : batch.events()) {
      Admitted hour = hour(hours, event);
      hour.accepted++;
      if (!repeated.contains(event)) {
        source.stored++;
      } else if (event.amends() && amended.contains(EventIdentity.of(event))) {
        source.amended++;
        hour.amended++;
      } else {
        hour.duplicates++;
      }
      source.lastEventMicros = Math.max(source.lastEventMicros, event.timeMicros());
    }
    int rejected = batch.rejected().values().stream().mapToInt(Integer::intValue).sum();
    source.accepted += batch.events().size();
    source.rejected += rejected;
    source.received += batch.events().size() + (long) rejected;
    batch.rejected().forEach((reason, n) -> source.reasons.merge(reason, (long) n, Long::sum));
    source.firstAdmittedMicros = Math.min(source.firstAdmittedMicros, batch.admittedAtMicros());
    source.lastAdmittedMicros = Math.max(source.lastAdmittedMicros, batch.admittedAtMicros());
  }

  private static Admitted hour(Map<EventHour, Admitted> hours, LedgerEvent event) {
    return hours.computeIfAbsent(
        new EventHour(event.tenantId(), Grain.HOUR.floorSecond(event.epochSecond())),
        h -> new Admitted());
  }

  private static void merge(Counts tenant, Counts source) {
    tenant.lastAdmittedMicros = Math.max(tenant.lastAdmittedMicros, source.lastAdmittedMicros);
    tenant.lastEventMicros = Math.max(tenant.lastEventMicros, source.lastEventMicros);
  }

  private static void bind(PreparedStatement upsert, Key key, Counts counts, long nowMillis)
      throws SQLException {
    upsert.setInt(1, key.tenantId);
    upsert.setObject(2, Instant.ofEpochSecond(key.hour).atOffset(ZoneOffset.UTC));
    upsert.setString(3, key.source);
    upsert.setLong(4, counts.received);
    upsert.setLong(5, counts.accepted);
    upsert.setLong(6, counts.rejected);
    upsert.setLong(7, counts.stored);
    upsert.setLong(8, counts.accepted - counts.stored - counts.amended);
    upsert.setLong(9, counts.amended);
    upsert.setObject(10, time(counts.firstAdmittedMicros));
    upsert.setObject(11, time(counts.lastAdmittedMicros));
    upsert.setObject(12, time(counts.lastEventMicros));
    upsert.setLong(13, Math.max(0, nowMillis - counts.firstAdmittedMicros / 1_000));
  }

  private static void writeRejections(Connection connection, Map<Key, Counts> sources)
      throws SQLException {
    try (PreparedStatement upsert = connection.prepareStatement(REJECTION)) {
      boolean any = false;
      for (Map.Entry<Key, Counts> entry : sources.entrySet()) {
        for (Map.Entry<String, Long> reason : entry.getValue().reasons.entrySet()) {
          upsert.setInt(1, entry.getKey().tenantId);
          upsert.setObject(2, Instant.ofEpochSecond(entry.getKey().hour).atOffset(ZoneOffset.UTC));
          upsert.setString(3, entry.getKey().source);
          upsert.setString(4, reason.getKey());
          upsert.setLong(5, reason.getValue());
          upsert.addBatch();
          any = true;
        }
      }
      if (any) {
        upsert.executeBatch();
      }
    }
  }

  private static void writeAdmitted(Connection connection, Map<EventHour, Admitted> hours)
      throws SQLException {
    try (PreparedStatement upsert = connection.prepareStatement(ADMITTED)) {
      for (Map.Entry<EventHour, Admitted> hour : hours.entrySet()) {
        upsert.setInt(1, hour.getKey().tenantId);
        upsert.setObject(2, Instant.ofEpochSecond(hour.getKey().hour).atOffset(ZoneOffset.UTC));
        upsert.setLong(3, hour.getValue().accepted);
        upsert.setLong(4, hour.getValue().duplicates);
        upsert.setLong(5, hour.getValue().amended);
        upsert.addBatch();
      }
      upsert.executeBatch();
    }
  }

  private static void writeFreshness(Connection connection, Map<Integer, Counts> tenants)
      throws SQLException {
    try (PreparedStatement upsert = connection.prepareStatement(FRESHNESS)) {
      for (Map.Entry<Integer, Counts> entry : tenants.entrySet()) {
        Counts counts = entry.getValue();
        upsert.setInt(1, entry.getKey());
        upsert.setObject(2, time(counts.lastAdmittedMicros));
        OffsetDateTime lastEvent = time(counts.lastEventMicros);
        upsert.setObject(3, lastEvent == null ? time(counts.lastAdmittedMicros) : lastEvent);
        upsert.addBatch();
      }
      upsert.executeBatch();
    }
  }

  private static @Nullable OffsetDateTime time(long micros) {
    return micros == Long.MIN_VALUE || micros == Long.MAX_VALUE
        ? null
        : Instant.ofEpochSecond(
                Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1_000L)
            .atOffset(ZoneOffset.UTC);
  }
}
