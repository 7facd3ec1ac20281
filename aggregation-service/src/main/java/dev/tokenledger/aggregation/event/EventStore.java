package dev.tokenledger.aggregation.event;

import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.platform.database.BinaryCopy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The table of events, within the caller's transaction. */
public final class EventStore {
  /** The dimensions that a row of the table has, in the order of the columns. */
  static final List<Dimension> DIMENSIONS =
      List.of(
          Dimension.TYPE,
          Dimension.PROJECT,
          Dimension.ENVIRONMENT,
          Dimension.PROVIDER,
          Dimension.MODEL,
          Dimension.AGENT,
          Dimension.FEATURE,
          Dimension.STATUS,
          Dimension.ERROR_TYPE,
          Dimension.TOOL,
          Dimension.PROMPT,
          Dimension.PROMPT_VERSION,
          Dimension.USER,
          Dimension.SESSION,
          Dimension.OPERATION,
          Dimension.SERVICE_TIER,
          Dimension.PRICE_VERSION,
          Dimension.API_KEY);

  private static final String DIMENSION_COLUMNS =
      DIMENSIONS.stream().map(d -> '"' + d.label() + '"').collect(Collectors.joining(", "));

  static final String COLUMNS = columns(List.of(Measure.values()));

  private static String columns(List<Measure> measures) {
    return "tenant_id, time, event_key, event_id, version, counted, "
        + DIMENSION_COLUMNS
        + ", tags, trace_id, span_id, parent_span_id, unpriced_reason, detail, inherited,"
        + " provenance"
        + measures.stream().map(measure -> ", " + measure.column()).collect(Collectors.joining());
  }

  /**
   * Stores new events by COPY straight into the partitions of their days. Measures that none of
   * them has are no columns of it, as about half of them are: they stay null.
   */
  public void insert(Connection connection, Collection<LedgerEvent> events) throws SQLException {
    Map<Long, List<LedgerEvent>> byDay = new TreeMap<>();
    for (LedgerEvent event : events) {
      byDay.computeIfAbsent(event.epochDay(), d -> new ArrayList<>()).add(event);
    }
    for (Map.Entry<Long, List<LedgerEvent>> day : byDay.entrySet()) {
      long mask = 0;
      for (LedgerEvent event : day.getValue()) {
        mask |= event.measures().mask();
      }
      List<Measure> measures = Measure.of(mask);
      String statement =
          "COPY "
              + Partitions.events(day.getKey())
              + " ("
              + columns(measures)
              + ") FROM STDIN (FORMAT binary)";
      try (BinaryCopy copy = BinaryCopy.into(connection, statement)) {
        for (LedgerEvent event : day.getValue()) {
          writeRow(copy, event, measures);
        }
        copy.finish();
      }
    }
  }

  private static void writeRow(BinaryCopy copy, LedgerEvent event, List<Measure> measures)
      throws SQLException {
    copy.startRow(6 + DIMENSIONS.size() + 8 + measures.size());
    copy.integer(event.tenantId());
    copy.timestamp(event.timeMicros());
    copy.uuid(event.key());
    copy.text(event.eventId());
    copy.bigint(event.version());
    copy.bool(event.counted());
    for (Dimension dimension : DIMENSIONS) {
      copy.integer(event.dimension(dimension));
    }
    copy.integers(event.tags());
    copy.text(event.traceId());
    copy.text(event.spanId());
    copy.text(event.parentSpanId());
    copy.text(event.unpricedReason());
    copy.jsonb(event.detail());
    if (event.inherited() == 0) {
      copy.nullValue();
    } else {
      copy.int2(event.inherited());
    }
    copy.jsonb(event.provenance() == null ? null : event.provenance().toJson());
    for (Measure measure : measures) {
      copy.bigintOrNull(event.measures().get(measure));
    }
  }
}
