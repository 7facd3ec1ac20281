package dev.tokenledger.aggregation.settle;

import dev.tokenledger.aggregation.block.EncodedBlock;
import dev.tokenledger.aggregation.block.EncodedLink;
import dev.tokenledger.aggregation.event.EventEncoder;
import dev.tokenledger.aggregation.event.EventIdentity;
import dev.tokenledger.aggregation.event.Inherited;
import dev.tokenledger.aggregation.event.LedgerEvent;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.stream.StreamKeys;
import dev.tokenledger.model.trace.SpanLink;
import dev.tokenledger.model.trace.WrapperRule;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it that of several nested records of one model call one is counted, and that events have
 * what they inherit from the spans above them, in whichever order and however far apart these
 * arrive: with each part of a trace that arrives, the rules are asked about all of the trace that
 * is known, and events on which their answer has changed are named to be corrected.
 */
public final class WrapperResolution {
  private static final Logger LOG = Logger.getLogger(WrapperResolution.class);

  /**
   * Tells the locks of traces' slots from others on small numbers. Slots are locked and not traces:
   * a lock for each trace of a batch would be more than Postgres has room for.
   */
  private static final int LOCK_SPACE = 730_585;

  /**
   * Spans of one trace that are looked at together, the first by their ids. What a larger trace has
   * beyond them is counted as it stands and inherits nothing.
   */
  static final int MAX_SPANS = 20_000;

  private static final String LOCK =
      "SELECT pg_advisory_xact_lock(?, k) FROM unnest(?::integer[]) k";

  /** Whatever is kept of two copies of a span does not depend on which of them came first. */
  private static final String UPSERT =
      """
      INSERT INTO ledger.spans AS s (tenant_id, trace_id, span_id, parent_span_id, call_event_id,
          call_tokens, call_counted, response_id, tool, event, names, names_rank)
      SELECT tenant_id, trace_id, span_id, parent_span_id, call_event_id, call_tokens,
          call_event_id IS NOT NULL, response_id, tool, event, names::integer[], names_rank
      FROM unnest(?::integer[], ?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[],
          ?::boolean[], ?::boolean[], ?::text[], ?::bigint[])
        AS n (tenant_id, trace_id, span_id, parent_span_id, call_event_id, call_tokens, response_id,
          tool, event, names, names_rank)
      ON CONFLICT (tenant_id, trace_id, span_id) DO UPDATE SET
        parent_span_id = greatest(s.parent_span_id, excluded.parent_span_id),
        call_event_id = least(s.call_event_id, excluded.call_event_id),
        call_tokens = greatest(s.call_tokens, excluded.call_tokens),
        call_counted = CASE WHEN s.call_event_id IS NULL THEN excluded.call_counted
          ELSE s.call_counted END,
        response_id = greatest(s.response_id, excluded.response_id),
        tool = s.tool OR excluded.tool,
        event = s.event OR excluded.event,
        names = CASE WHEN coalesce(excluded.names_rank, 0) > coalesce(s.names_rank, 0)
          THEN excluded.names ELSE s.names END,
        names_rank = greatest(s.names_rank, excluded.names_rank)
      """;

  /** One look-up by key for each trace; its spans follow one another. */
  private static final String SELECT =
      """
      SELECT w.position, s.* FROM unnest(?::integer[], ?::text[]) WITH ORDINALITY
        AS w (tenant_id, trace_id, position) CROSS JOIN LATERAL (
          SELECT span_id, parent_span_id, call_event_id, call_tokens, call_counted, response_id,
            tool, event, names, inherited
          FROM ledger.spans WHERE tenant_id = w.tenant_id AND trace_id = w.trace_id
          ORDER BY span_id LIMIT %d) s
      ORDER BY w.position
      """
          .formatted(MAX_SPANS + 1);

  /** Spans that are read at once. */
  private static final int FETCH_ROWS = 5_000;

  private static final String DECIDED =
      "UPDATE ledger.spans SET call_counted = ?, inherited = ?"
          + " WHERE tenant_id = ? AND trace_id = ? AND span_id = ?";

  private record TraceKey(int tenantId, String traceId) implements Comparable<TraceKey> {
    @Override
    public int compareTo(TraceKey other) {
      int order = Integer.compare(tenantId, other.tenantId);
      return order != 0 ? order : traceId.compareTo(other.traceId);
    }
  }

  /**
   * What the trace of an event makes of it.
   *
   * @param counted whether it counts; null for what is no call, which always does
   * @param inherited ids of what it inherits, in the order of {@link Inherited#DIMENSIONS}
   */
  record Decision(@Nullable Boolean counted, int[] inherited) {}

  /**
   * @param ofEvents the decisions about the batch's events and about those in {@code changed}
   * @param changed events of earlier batches about which the decision has changed
   */
  record Decisions(Map<EventIdentity, Decision> ofEvents, List<EventIdentity> changed) {
    private static final Decisions NONE = new Decisions(Map.of(), List.of());
  }

  /**
   * Keeps the places of the batch's spans and decides anew about their traces.
   *
   * @param events all records of the batch, those of events that are stored already, too
   */
  Decisions decide(
      Connection connection, List<EncodedBlock.Batch> batches, List<LedgerEvent> events)
      throws SQLException {
    Map<TraceKey, Map<String, EncodedLink>> traces = new TreeMap<>();
    for (EncodedBlock.Batch batch : batches) {
      for (EncodedLink link : batch.links()) {
        traces
            .computeIfAbsent(
                new TraceKey(batch.tenantId(), link.link().traceId()), t -> new TreeMap<>())
            .merge(link.link().spanId(), link, EncodedLink::merge);
      }
    }
    if (traces.isEmpty()) {
      return Decisions.NONE;
    }
    lock(connection, traces.keySet());
    Map<EventIdentity, Long> tokens = new HashMap<>();
    for (LedgerEvent event : events) {
      if (event.isCall()) {
        tokens.merge(EventIdentity.of(event), tokens(event), Math::max);
      }
    }
    keep(connection, traces, tokens);
    Set<EventIdentity> ofBatch = new HashSet<>();
    events.forEach(event -> ofBatch.add(EventIdentity.of(event)));
    Decisions decisions = new Decisions(new HashMap<>(), new ArrayList<>());
    decide(connection, List.copyOf(traces.keySet()), ofBatch, decisions);
    return decisions;
  }

  /** Parts of one trace are settled one after the other, whichever shard they come from. */
  private static void lock(Connection connection, Collection<TraceKey> traces) throws SQLException {
    SortedSet<Integer> keys = new TreeSet<>();
    for (TraceKey trace : traces) {
      keys.add(StreamKeys.traceSlot(trace.tenantId, trace.traceId));
    }
    Array array = connection.createArrayOf("integer", keys.toArray());
    try (PreparedStatement lock = connection.prepareStatement(LOCK)) {
      // In the order of the array, which is the same for all who lock.
      lock.setInt(1, LOCK_SPACE);
      lock.setArray(2, array);
      lock.execute();
    } finally {
      array.free();
    }
  }

  private static void keep(
      Connection connection,
      Map<TraceKey, Map<String, EncodedLink>> traces,
      Map<EventIdentity, Long> tokens)
      throws SQLException {
    // One row for each span, in key order: a statement must not touch the same row twice.
    List<Object[]> rows = new ArrayList<>();
    traces.forEach(
        (trace, links) -> links.values().forEach(link -> rows.add(row(trace, link, tokens))));
    String[] types = {
      "integer", "text", "text", "text", "text", "bigint", "text", "boolean", "boolean", "text",
      "bigint"
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

  /** The columns of a span, in the order of the statement. */
  private static @Nullable Object[] row(
      TraceKey trace, EncodedLink encoded, Map<EventIdentity, Long> tokens) {
    SpanLink link = encoded.link();
    // A call that the door has refused is none.
    @Nullable Long callTokens =
        link.callEventId() == null
            ? null
            : tokens.get(new EventIdentity(trace.tenantId, EventEncoder.key(link.callEventId())));
    long rank = encoded.rank();
    return new @Nullable Object[] {
      trace.tenantId,
      trace.traceId,
      link.spanId(),
      link.parentSpanId(),
      callTokens == null ? null : link.callEventId(),
      callTokens == null ? 0L : callTokens,
      link.responseId(),
      link.tool(),
      link.event(),
      rank == 0 ? null : Arrays.toString(encoded.names()).replace('[', '{').replace(']', '}'),
      rank == 0 ? null : rank
    };
  }

  private static long tokens(LedgerEvent call) {
    return call.measures().get(Measure.INPUT_TOKENS) + call.measures().get(Measure.OUTPUT_TOKENS);
  }

  /**
   * A span as it is known, with what was decided about it before.
   *
   * @param event whether an event with the span's own id was read off it
   */
  private record Known(
      String spanId,
      @Nullable String call,
      boolean counted,
      boolean event,
      int @Nullable [] inherited) {}

  /** A trace as it is known. */
  private static final class Trace {
    private final List<WrapperRule.Node> nodes = new ArrayList<>();
    private final List<Known> spans = new ArrayList<>();
    private final TraceInheritance inheritance = new TraceInheritance();

    private void add(ResultSet row) throws SQLException {
      String spanId = row.getString(2);
      String parent = row.getString(3);
      String call = row.getString(4);
      nodes.add(
          new WrapperRule.Node(
              spanId, parent, call, row.getString(7), row.getLong(5), row.getBoolean(8)));
      inheritance.add(spanId, parent, ids(row, 10));
      if (call != null || row.getBoolean(9)) {
        spans.add(new Known(spanId, call, row.getBoolean(6), row.getBoolean(9), ids(row, 11)));
      }
    }

    private static int @Nullable [] ids(ResultSet row, int column) throws SQLException {
      Array array = row.getArray(column);
      return array == null
          ? null
          : Arrays.stream((Integer[]) array.getArray()).mapToInt(Integer::intValue).toArray();
    }
  }

  private static void decide(
      Connection connection, List<TraceKey> traces, Set<EventIdentity> ofBatch, Decisions decisions)
      throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(SELECT);
        PreparedStatement update = connection.prepareStatement(DECIDED)) {
      select.setArray(
          1, connection.createArrayOf("integer", traces.stream().map(t -> t.tenantId).toArray()));
      select.setArray(
          2, connection.createArrayOf("text", traces.stream().map(t -> t.traceId).toArray()));
      select.setFetchSize(FETCH_ROWS);
      try (ResultSet rows = select.executeQuery()) {
        int position = 0;
        Trace trace = new Trace();
        while (rows.next()) {
          if (rows.getInt(1) != position && position > 0) {
            decide(traces.get(position - 1), trace, ofBatch, decisions, update);
            trace = new Trace();
          }
          position = rows.getInt(1);
          if (trace.nodes.size() < MAX_SPANS) {
            trace.add(rows);
          } else {
            LOG.warnf(
                "trace %s of tenant %d has more than %d spans; the others are counted as they stand",
                traces.get(position - 1).traceId, traces.get(position - 1).tenantId, MAX_SPANS);
          }
        }
        if (position > 0) {
          decide(traces.get(position - 1), trace, ofBatch, decisions, update);
        }
      }
      update.executeBatch();
    }
  }

  private static void decide(
      TraceKey key,
      Trace trace,
      Set<EventIdentity> ofBatch,
      Decisions decisions,
      PreparedStatement update)
      throws SQLException {
    Set<String> counted = WrapperRule.counted(trace.nodes);
    for (Known span : trace.spans) {
      int[] inherited = trace.inheritance.of(span.spanId);
      boolean counts = span.call != null && counted.contains(span.call);
      boolean sameNames =
          Arrays.equals(
              inherited, span.inherited == null ? Inherited.NOTHING.ids() : span.inherited);
      boolean sameCount = span.call == null || counts == span.counted;
      String self = SpanLink.eventId(key.traceId, span.spanId);
      if (span.call != null) {
        note(
            key,
            span.call,
            new Decision(counts, inherited),
            sameNames && sameCount,
            ofBatch,
            decisions);
      }
      if (span.event && !self.equals(span.call)) {
        note(key, self, new Decision(null, inherited), sameNames, ofBatch, decisions);
      }
      if (!sameNames || !sameCount) {
        update.setBoolean(1, span.call != null && counts);
        update.setArray(
            2,
            update
                .getConnection()
                .createArrayOf("integer", Arrays.stream(inherited).boxed().toArray()));
        update.setInt(3, key.tenantId);
        update.setString(4, key.traceId);
        update.setString(5, span.spanId);
        update.addBatch();
      }
    }
  }

  private static void note(
      TraceKey key,
      String eventId,
      Decision decision,
      boolean same,
      Set<EventIdentity> ofBatch,
      Decisions decisions) {
    EventIdentity identity = new EventIdentity(key.tenantId, EventEncoder.key(eventId));
    if (ofBatch.contains(identity)) {
      decisions.ofEvents.put(identity, decision);
    } else if (!same) {
      decisions.ofEvents.put(identity, decision);
      decisions.changed.add(identity);
    }
  }
}
