package dev.tokenledger.bench.ledger;

import dev.tokenledger.aggregation.event.LedgerEvent;
import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.platform.database.BinaryCopy;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Rows of {@code ledger.events} for COPY, with all columns that the ledger fills. */
public final class EventRows {
  private static final List<Dimension> DIMENSIONS =
      Arrays.stream(Dimension.values())
          .filter(d -> d != Dimension.TAG_KEY && d != Dimension.TAG_VALUE)
          .toList();

  public static final String MEASURES =
      Arrays.stream(Measure.values()).map(Measure::column).collect(Collectors.joining(", "));

  public static final String COLUMNS =
      "tenant_id, time, event_key, event_id, version, counted, "
          + DIMENSIONS.stream().map(d -> '"' + d.label() + '"').collect(Collectors.joining(", "))
          + ", tags, trace_id, span_id, parent_span_id, unpriced_reason, detail, "
          + MEASURES;

  private static final int COUNT = 12 + DIMENSIONS.size() + Measure.count();

  /** Enough for most rows; the buffer grows where it is not. */
  private static final int BYTES_A_ROW = 512;

  private EventRows() {}

  public static BinaryCopy copy(List<LedgerEvent> events) throws SQLException {
    BinaryCopy copy = new BinaryCopy(events.size() * BYTES_A_ROW);
    for (LedgerEvent event : events) {
      write(copy, event);
    }
    return copy;
  }

  private static void write(BinaryCopy copy, LedgerEvent event) throws SQLException {
    copy.startRow(COUNT);
    copy.integer(event.tenantId());
    copy.timestamp(event.timeMicros());
    copy.uuid(event.key());
    copy.text(event.eventId());
    copy.bigint(event.version());
    copy.bool(event.counted());
    DIMENSIONS.forEach(dimension -> copy.integer(event.dimension(dimension)));
    copy.integers(event.tags());
    copy.text(event.traceId());
    copy.text(event.spanId());
    copy.text(event.parentSpanId());
    copy.text(event.unpricedReason());
    copy.jsonb(event.detail());
    for (int i = 0; i < Measure.count(); i++) {
      copy.bigintOrNull(event.measures().at(i));
    }
  }
}
