package dev.tokenledger.aggregation.settle;

import dev.tokenledger.aggregation.event.LedgerEvent;
import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.platform.database.BinaryCopy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * The tables of events and of their identities, within the caller's transaction. The identity is
 * claimed in the transaction that writes the event, so that a failed write leaves no claim behind.
 */
final class EventStore {
  private static final DateTimeFormatter PARTITION_DAY = DateTimeFormatter.ofPattern("yyyyMMdd");

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
          Dimension.PRICE_VERSION);

  private static final String DIMENSION_COLUMNS =
      DIMENSIONS.stream().map(d -> '"' + d.label() + '"').collect(Collectors.joining(", "));

  private static final String MEASURE_COLUMNS =
      java.util.Arrays.stream(Measure.values())
          .map(Measure::column)
          .collect(Collectors.joining(", "));

  static final String COLUMNS =
      "tenant_id, time, event_key, event_id, version, counted, "
          + DIMENSION_COLUMNS
          + ", tags, trace_id, span_id, parent_span_id, unpriced_reason, detail, "
          + MEASURE_COLUMNS;

  private static final int COLUMN_COUNT = 6 + DIMENSIONS.size() + 6 + Measure.count();

  private static final String CREATE_INCOMING =
      "CREATE TEMPORARY TABLE IF NOT EXISTS incoming"
          + " (tenant_id integer, event_key uuid, time timestamptz) ON COMMIT DELETE ROWS";

  // In key order: two transactions that claim the same keys wait for each other one way only.
  private static final String CLAIM =
      "INSERT INTO ledger.event_identity (tenant_id, event_key, time)"
          + " SELECT tenant_id, event_key, time FROM pg_temp.incoming"
          + " ORDER BY tenant_id, event_key ON CONFLICT DO NOTHING"
          + " RETURNING tenant_id, event_key";

  private final Set<Long> knownDays = ConcurrentHashMap.newKeySet();

  /** An event's identity across tenants. */
  record Identity(int tenantId, UUID key) {
    static Identity of(LedgerEvent event) {
      return new Identity(event.tenantId(), event.key());
    }
  }

  void prepare(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(CREATE_INCOMING);
    }
  }

  /** Makes the partitions for the days of the events, in a transaction of its own. */
  void ensurePartitions(Connection connection, Collection<LedgerEvent> events) throws SQLException {
    Set<Long> days = new HashSet<>();
    for (LedgerEvent event : events) {
      if (!knownDays.contains(event.epochDay())) {
        days.add(event.epochDay());
      }
    }
    if (days.isEmpty()) {
      return;
    }
    try (PreparedStatement ensure =
        connection.prepareStatement("SELECT ledger.ensure_partitions(?)")) {
      for (long day : days) {
        ensure.setObject(1, LocalDate.ofEpochDay(day));
        ensure.execute();
      }
    }
    connection.commit();
    knownDays.addAll(days);
  }

  /**
   * Claims the identities of events that are distinct among themselves.
   *
   * @return those that were not taken before
   */
  Set<Identity> claim(Connection connection, Collection<LedgerEvent> events) throws SQLException {
    BinaryCopy copy = new BinaryCopy(events.size() * 48);
    for (LedgerEvent event : events) {
      copy.startRow(3);
      copy.integer(event.tenantId());
      copy.uuid(event.key());
      copy.timestamp(event.timeMicros());
    }
    copy.send(connection, "COPY pg_temp.incoming FROM STDIN (FORMAT binary)");
    Set<Identity> claimed = new HashSet<>(events.size() * 2);
    try (PreparedStatement claim = connection.prepareStatement(CLAIM);
        ResultSet rows = claim.executeQuery()) {
      while (rows.next()) {
        claimed.add(new Identity(rows.getInt(1), rows.getObject(2, UUID.class)));
      }
    }
    return claimed;
  }

  /** Stores new events by COPY straight into the partitions of their days. */
  void insert(Connection connection, Collection<LedgerEvent> events) throws SQLException {
    Map<Long, List<LedgerEvent>> byDay = new TreeMap<>();
    for (LedgerEvent event : events) {
      byDay.computeIfAbsent(event.epochDay(), d -> new ArrayList<>()).add(event);
    }
    for (Map.Entry<Long, List<LedgerEvent>> day : byDay.entrySet()) {
      BinaryCopy copy = new BinaryCopy(day.getValue().size() * 512);
      day.getValue().forEach(event -> writeRow(copy, event));
      copy.send(
          connection,
          "COPY ledger.events_"
              + PARTITION_DAY.format(LocalDate.ofEpochDay(day.getKey()))
              + " ("
              + COLUMNS
              + ") FROM STDIN (FORMAT binary)");
    }
  }

  private static void writeRow(BinaryCopy copy, LedgerEvent event) {
    copy.startRow(COLUMN_COUNT);
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
    for (int i = 0; i < Measure.count(); i++) {
      copy.bigintOrNull(event.measures().get(Measure.at(i)));
    }
  }
}
