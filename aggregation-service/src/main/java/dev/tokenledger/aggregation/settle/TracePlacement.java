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
import java.sql.Timestamp;
import java.sql.Types;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Sees to it that of several nested records of one model call one is counted, in whichever order
 * and however far apart they arrive: with each part of a trace that arrives, the rule is asked
 * about all of the trace that is known, and events on which its answer has changed are corrected.
 */
final class TracePlacement {
  private static final String UPSERT =
      "INSERT INTO ledger.spans AS s (tenant_id, trace_id, span_id, parent_span_id, call_event_id,"
          + " call_event_key, call_time, call_tokens, call_counted, response_id, tool)"
          + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
          + " ON CONFLICT (tenant_id, trace_id, span_id) DO UPDATE SET"
          + " parent_span_id = coalesce(s.parent_span_id, excluded.parent_span_id),"
          + " call_event_id = coalesce(s.call_event_id, excluded.call_event_id),"
          + " call_event_key = coalesce(s.call_event_key, excluded.call_event_key),"
          + " call_time = coalesce(s.call_time, excluded.call_time),"
          + " call_tokens = greatest(s.call_tokens, excluded.call_tokens),"
          + " call_counted = s.call_counted OR excluded.call_counted,"
          + " response_id = coalesce(s.response_id, excluded.response_id),"
          + " tool = s.tool OR excluded.tool";

  private static final String SELECT =
      "SELECT span_id, parent_span_id, call_event_id, call_tokens, call_counted, response_id, tool"
          + " FROM ledger.spans WHERE tenant_id = ? AND trace_id = ?";

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
    for (TraceKey trace : traces) {
      decide(connection, trace, freshByIdentity, decided, changed);
    }
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
    try (PreparedStatement lock = connection.prepareStatement("SELECT pg_advisory_xact_lock(?)")) {
      SortedSet<Long> keys = new TreeSet<>();
      for (TraceKey trace : traces) {
        keys.add(EventEncoder.key(trace.tenantId + "/" + trace.traceId).getMostSignificantBits());
      }
      for (long key : keys) {
        lock.setLong(1, key);
        lock.execute();
      }
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
    try (PreparedStatement upsert = connection.prepareStatement(UPSERT)) {
      for (Map.Entry<TraceKey, Map<String, SpanLink>> trace : spans.entrySet()) {
        for (SpanLink link : trace.getValue().values()) {
          bind(upsert, trace.getKey().tenantId, link, fresh);
          upsert.addBatch();
        }
      }
      upsert.executeBatch();
    }
  }

  /** Of two copies of a span the one that reports a call, then the one that knows its parent. */
  private static SpanLink richer(SpanLink a, SpanLink b) {
    if ((a.callEventId() == null) != (b.callEventId() == null)) {
      return a.callEventId() == null ? b : a;
    }
    return a.parentSpanId() == null ? b : a;
  }

  private static void bind(
      PreparedStatement upsert, int tenantId, SpanLink link, Map<EventIdentity, LedgerEvent> fresh)
      throws SQLException {
    LedgerEvent call =
        link.callEventId() == null
            ? null
            : fresh.get(new EventIdentity(tenantId, EventEncoder.key(link.callEventId())));
    upsert.setInt(1, tenantId);
    upsert.setString(2, link.traceId());
    upsert.setString(3, link.spanId());
    upsert.setString(4, link.parentSpanId());
    upsert.setString(5, call == null ? null : call.eventId());
    upsert.setObject(6, call == null ? null : call.key(), Types.OTHER);
    upsert.setTimestamp(7, call == null ? null : Timestamp.from(StoredEvents.instant(call)));
    upsert.setLong(8, call == null ? 0 : tokens(call));
    upsert.setBoolean(9, call != null);
    upsert.setString(10, link.responseId());
    upsert.setBoolean(11, link.tool());
  }

  private static long tokens(LedgerEvent call) {
    return call.measures().get(Measure.INPUT_TOKENS) + call.measures().get(Measure.OUTPUT_TOKENS);
  }

  private static void decide(
      Connection connection,
      TraceKey trace,
      Map<EventIdentity, LedgerEvent> fresh,
      Map<EventIdentity, Boolean> decided,
      List<EventIdentity> changed)
      throws SQLException {
    List<WrapperRule.Node> nodes = new ArrayList<>();
    Map<String, Boolean> counted = new HashMap<>();
    try (PreparedStatement select = connection.prepareStatement(SELECT)) {
      select.setInt(1, trace.tenantId);
      select.setString(2, trace.traceId);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          String call = rows.getString(3);
          nodes.add(
              new WrapperRule.Node(
                  rows.getString(1),
                  rows.getString(2),
                  call,
                  rows.getString(6),
                  rows.getLong(4),
                  rows.getBoolean(7)));
          if (call != null) {
            counted.put(call, rows.getBoolean(5));
          }
        }
      }
    }
    Set<String> shouldCount = WrapperRule.counted(nodes);
    try (PreparedStatement update = connection.prepareStatement(SET_COUNTED)) {
      for (Map.Entry<String, Boolean> call : counted.entrySet()) {
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
      update.executeBatch();
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
