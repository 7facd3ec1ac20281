package dev.tokenledger.aggregation.settle;

import dev.tokenledger.aggregation.event.EventEncoder;
import dev.tokenledger.aggregation.event.LedgerEvent;
import dev.tokenledger.aggregation.identity.EventIdentity;
import dev.tokenledger.aggregation.rollup.RollupDelta;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.trace.SpanLink;
import dev.tokenledger.model.trace.WrapperRule;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it that of several nested records of one model call one is counted, in whichever order
 * and however far apart they arrive: with each part of a trace that arrives, the rule is asked
 * about all of the trace that is known, and events on which its answer has changed are corrected.
 */
final class TracePlacement {
  private static final String LOCK =
      "SELECT pg_advisory_xact_lock(k) FROM unnest(?::bigint[]) AS k";

  private static final String UPSERT =
      "INSERT INTO ledger.spans AS s (tenant_id, trace_id, span_id, parent_span_id, call_event_id,"
          + " call_event_key, call_time, call_tokens, call_counted, response_id, tool)"
          + " SELECT * FROM unnest(?::integer[], ?::text[], ?::text[], ?::text[], ?::text[],"
          + " ?::uuid[], ?::timestamptz[], ?::bigint[], ?::boolean[], ?::text[], ?::boolean[])"
          + " ON CONFLICT (tenant_id, trace_id, span_id) DO UPDATE SET"
          + " parent_span_id = coalesce(s.parent_span_id, excluded.parent_span_id),"
          + " call_event_id = coalesce(s.call_event_id, excluded.call_event_id),"
          + " call_event_key = coalesce(s.call_event_key, excluded.call_event_key),"
          + " call_time = coalesce(s.call_time, excluded.call_time),"
          + " call_tokens = greatest(s.call_tokens, excluded.call_tokens),"
          + " call_counted = s.call_counted OR excluded.call_counted,"
          + " response_id = coalesce(s.response_id, excluded.response_id),"
          + " tool = s.tool OR excluded.tool";

  /** One look-up by key for each trace; its spans follow one another. */
  private static final String SELECT =
      "SELECT w.position, s.* FROM unnest(?::integer[], ?::text[]) WITH ORDINALITY"
          + " AS w (tenant_id, trace_id, position) CROSS JOIN LATERAL (SELECT span_id,"
          + " parent_span_id, call_event_id, call_tokens, call_counted, response_id, tool"
          + " FROM ledger.spans WHERE tenant_id = w.tenant_id AND trace_id = w.trace_id OFFSET 0) s"
          + " ORDER BY w.position";

  /** Spans that are read at once. */
  private static final int FETCH_ROWS = 5_000;

  private static final String SET_COUNTED =
      "UPDATE ledger.spans SET call_counted = ?"
          + " WHERE tenant_id = ? AND trace_id = ? AND call_event_id = ?";

  private final StoredEvents stored;
  private final Adjustments adjustments;

  TracePlacement(StoredEvents stored, Adjustments adjustments) {
    this.stored = stored;
    this.adjustments = adjustments;
  }

  private record TraceKey(int tenantId, String traceId) implements Comparable<TraceKey> {
    @Override
    public int compareTo(TraceKey other) {
      int order = Integer.compare(tenantId, other.tenantId);
      return order != 0 ? order : traceId.compareTo(other.traceId);
    }
  }

  /**
   * Keeps the places of new spans and decides anew about their traces.
   *
   * @param fresh new events of the batch, which are not stored yet
   * @param delta takes the changes to events that are stored already
   * @return the new events, each counted or not as its trace has it
   */
  List<LedgerEvent> place(
      Connection connection,
      List<EncodedBlock.Batch> batches,
      List<LedgerEvent> fresh,
      RollupDelta delta)
      throws SQLException {
    SortedSet<TraceKey> traces = new TreeSet<>();
    for (EncodedBlock.Batch batch : batches) {
      for (SpanLink link : batch.links()) {
        traces.add(new TraceKey(batch.tenantId(), link.traceId()));
      }
    }
    if (traces.isEmpty()) {
      return fresh;
    }
    lock(connection, traces);
    Map<EventIdentity, LedgerEvent> freshByIdentity = new HashMap<>();
    fresh.forEach(event -> freshByIdentity.put(EventIdentity.of(event), event));
    keepLinks(connection, batches, freshByIdentity);

    Map<EventIdentity, Boolean> decided = new HashMap<>();
    List<EventIdentity> changed = new ArrayList<>();
    decide(connection, List.copyOf(traces), freshByIdentity, decided, changed);
    correct(connection, changed, decided, delta);
    List<LedgerEvent> placed = new ArrayList<>(fresh.size());
    for (LedgerEvent event : fresh) {
      boolean counts = decided.getOrDefault(EventIdentity.of(event), event.counted());
      placed.add(counts == event.counted() ? event : event.withCounted(counts));
    }
    return placed;
  }

  /** Parts of one trace are settled one after the other, whichever shard they come from. */
  private static void lock(Connection connection, Collection<TraceKey> traces) throws SQLException {
    SortedSet<Long> keys = new TreeSet<>();
    for (TraceKey trace : traces) {
      keys.add(EventEncoder.key(trace.tenantId + "/" + trace.traceId).getMostSignificantBits());
    }
    try (PreparedStatement lock = connection.prepareStatement(LOCK)) {
      // In the order of the array, which is the same for all who lock.
      lock.setArray(1, connection.createArrayOf("bigint", keys.toArray()));
      lock.execute();
    }
  }

  private static void keepLinks(
      Connection connection,
      List<EncodedBlock.Batch> batches,
      Map<EventIdentity, LedgerEvent> fresh)
      throws SQLException {
    // One row for each span, in key order: a statement must not touch the same row twice.
    Map<TraceKey, Map<String, SpanLink>> spans = new TreeMap<>();
    for (EncodedBlock.Batch batch : batches) {
      for (SpanLink link : batch.links()) {
        spans
            .computeIfAbsent(new TraceKey(batch.tenantId(), link.traceId()), t -> new TreeMap<>())
            .merge(link.spanId(), link, TracePlacement::richer);
      }
    }
    List<Object[]> rows = new ArrayList<>();
    spans.forEach(
        (trace, links) -> links.values().forEach(link -> rows.add(row(trace, link, fresh))));
    String[] types = {
      "integer", "text", "text", "text", "text", "uuid", "text", "bigint", "boolean", "text",
      "boolean"
    };
    try (PreparedStatement upsert = connection.prepareStatement(UPSERT)) {
      for (int i = 0; i < types.length; i++) {
        int column = i;
        upsert.setArray(
            i + 1,
            connection.createArrayOf(types[i], rows.stream().map(row -> row[column]).toArray()));
      }
      upsert.executeUpdate();
    }
  }

  /** Of two copies of a span the one that reports a call, then the one that knows its parent. */
  private static SpanLink richer(SpanLink a, SpanLink b) {
    if ((a.callEventId() == null) != (b.callEventId() == null)) {
      return a.callEventId() == null ? b : a;
    }
    return a.parentSpanId() == null ? b : a;
  }

  /** The columns of a span, in the order of the statement. */
  private static @Nullable Object[] row(
      TraceKey trace, SpanLink link, Map<EventIdentity, LedgerEvent> fresh) {
    @Nullable LedgerEvent call =
        link.callEventId() == null
            ? null
            : fresh.get(new EventIdentity(trace.tenantId, EventEncoder.key(link.callEventId())));
    return new @Nullable Object[] {
      trace.tenantId,
      trace.traceId,
      link.spanId(),
      link.parentSpanId(),
      call == null ? null : call.eventId(),
      call == null ? null : call.key(),
      call == null ? null : StoredEvents.instant(call).toString(),
      call == null ? 0L : tokens(call),
      call != null,
      link.responseId(),
      link.tool()
    };
  }

  private static long tokens(LedgerEvent call) {
    return call.measures().get(Measure.INPUT_TOKENS) + call.measures().get(Measure.OUTPUT_TOKENS);
  }

  /** What is known of a trace, and what was decided about it before. */
  private static final class Known {
    private final List<WrapperRule.Node> nodes = new ArrayList<>();
    private final Map<String, Boolean> counted = new HashMap<>();

    private void add(ResultSet row) throws SQLException {
      String call = row.getString(4);
      nodes.add(
          new WrapperRule.Node(
              row.getString(2),
              row.getString(3),
              call,
              row.getString(7),
              row.getLong(5),
              row.getBoolean(8)));
      if (call != null) {
        counted.put(call, row.getBoolean(6));
      }
    }
  }

  private static void decide(
      Connection connection,
      List<TraceKey> traces,
      Map<EventIdentity, LedgerEvent> fresh,
      Map<EventIdentity, Boolean> decided,
      List<EventIdentity> changed)
      throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(SELECT);
        PreparedStatement update = connection.prepareStatement(SET_COUNTED)) {
      select.setArray(
          1, connection.createArrayOf("integer", traces.stream().map(t -> t.tenantId).toArray()));
      select.setArray(
          2, connection.createArrayOf("text", traces.stream().map(t -> t.traceId).toArray()));
      select.setFetchSize(FETCH_ROWS);
      try (ResultSet rows = select.executeQuery()) {
        int position = 0;
        Known known = new Known();
        while (rows.next()) {
          if (rows.getInt(1) != position && position > 0) {
            decide(traces.get(position - 1), known, fresh, decided, changed, update);
            known = new Known();
          }
          position = rows.getInt(1);
          known.add(rows);
        }
        if (position > 0) {
          decide(traces.get(position - 1), known, fresh, decided, changed, update);
        }
      }
      update.executeBatch();
    }
  }

  private static void decide(
      TraceKey trace,
      Known known,
      Map<EventIdentity, LedgerEvent> fresh,
      Map<EventIdentity, Boolean> decided,
      List<EventIdentity> changed,
      PreparedStatement update)
      throws SQLException {
    Set<String> shouldCount = WrapperRule.counted(known.nodes);
    for (Map.Entry<String, Boolean> call : known.counted.entrySet()) {
      boolean counts = shouldCount.contains(call.getKey());
      EventIdentity identity = new EventIdentity(trace.tenantId, EventEncoder.key(call.getKey()));
      if (fresh.containsKey(identity)) {
        decided.put(identity, counts);
      } else if (counts != call.getValue()) {
        decided.put(identity, counts);
        changed.add(identity);
      }
      if (counts != call.getValue()) {
        update.setBoolean(1, counts);
        update.setInt(2, trace.tenantId);
        update.setString(3, trace.traceId);
        update.setString(4, call.getKey());
        update.addBatch();
      }
    }
  }

  private void correct(
      Connection connection,
      List<EventIdentity> changed,
      Map<EventIdentity, Boolean> decided,
      RollupDelta delta)
      throws SQLException {
    if (changed.isEmpty()) {
      return;
    }
    Map<EventIdentity, LedgerEvent> events =
        stored.load(connection, stored.lock(connection, changed));
    List<StoredEvents.Change> changes = new ArrayList<>();
    events.forEach(
        (identity, before) -> {
          LedgerEvent after = before.withCounted(decided.get(identity));
          changes.add(new StoredEvents.Change(before, after));
          delta.remove(before);
          delta.add(after);
        });
    stored.replace(connection, changes);
    adjustments.write(connection, Adjustments.Reason.WRAPPER, "wrapper-rule", changes);
  }
}
