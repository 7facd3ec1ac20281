package dev.tokenledger.bench.query;

import dev.tokenledger.aggregation.dictionary.SeriesCatalogue;
import dev.tokenledger.aggregation.dictionary.SeriesKey;
import dev.tokenledger.aggregation.event.LedgerEvent;
import dev.tokenledger.aggregation.rollup.RollupDelta;
import dev.tokenledger.bench.ledger.EventRows;
import dev.tokenledger.bench.ledger.LedgerTraffic;
import dev.tokenledger.bench.traffic.TokenLengths;
import dev.tokenledger.bench.traffic.Traffic;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.sketch.SketchSet;
import dev.tokenledger.platform.database.BinaryCopy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Fills the ledger with a long history, as settling would have left it: the events and all rollups
 * and sketches, written by COPY. A day's rollups are added up in memory, so that no row is written
 * twice.
 *
 * <p>Of minutes only the days are kept at which the asked periods begin or end: others are covered
 * by hours and days, and no plan reads their minutes.
 */
final class History {
  private static final DateTimeFormatter PARTITION = DateTimeFormatter.ofPattern("yyyyMMdd");
  private static final int CHUNK_EVENTS = 25_000;

  /** Days before the last one with an edge of a period, or of the period before it. */
  private static final Set<Integer> EDGES = Set.of(0, 1, 2, 3, 29, 30, 31, 59, 60, 61, 89, 90, 91);

  private final Connection connection;
  private final int tenantId;
  private final LedgerTraffic traffic;
  private final SeriesCatalogue series = new SeriesCatalogue();
  private long rollups;

  private record SketchKey(SeriesKey series, long bucket) {}

  History(Connection connection, int tenantId, TokenLengths lengths) {
    this.connection = connection;
    this.tenantId = tenantId;
    this.traffic = new LedgerTraffic(new Traffic(45, lengths), tenantId, "history-");
  }

  /** Fills the given number of days that end now, evenly. */
  void fill(int events, int days, Instant now, Consumer<String> progress) throws SQLException {
    connection.setAutoCommit(false);
    LocalDate last = LocalDate.ofInstant(now, ZoneOffset.UTC);
    Instant start = now.minus(Duration.ofDays(days));
    LocalDate first = LocalDate.ofInstant(start, ZoneOffset.UTC);
    double perMilli = (double) events / Duration.between(start, now).toMillis();
    for (LocalDate day = first; !day.isAfter(last); day = day.plusDays(1)) {
      Instant from = later(start, day.atStartOfDay(ZoneOffset.UTC).toInstant());
      Instant until = earlier(now, day.plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant());
      int count = (int) (Duration.between(from, until).toMillis() * perMilli);
      if (count > 0) {
        day(day, from, until, count, EDGES.contains((int) (last.toEpochDay() - day.toEpochDay())));
        progress.accept(day + ": " + count + " events, " + rollups + " rollup rows so far");
      }
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "INSERT INTO ledger.freshness (tenant_id, settled_admissions_until, last_event_at) VALUES ("
              + tenantId
              + ", now(), now()) ON CONFLICT DO NOTHING");
      connection.commit();
      connection.setAutoCommit(true);
      statement.execute("VACUUM (ANALYZE) ledger.series, ledger.dimension_values");
      statement.execute("VACUUM (ANALYZE) ledger.rollup_hour, ledger.rollup_day");
      statement.execute("VACUUM (ANALYZE) ledger.rollup_minute, ledger.sketch_minute");
      statement.execute("VACUUM (ANALYZE) ledger.sketch_hour, ledger.sketch_day");
      statement.execute("VACUUM (ANALYZE) ledger.events");
    }
  }

  private void day(LocalDate day, Instant from, Instant until, int count, boolean minutes)
      throws SQLException {
    try (PreparedStatement ensure =
        connection.prepareStatement("SELECT ledger.ensure_partitions(?)")) {
      ensure.setObject(1, day);
      ensure.execute();
    }
    connection.commit();
    RollupDelta delta = new RollupDelta();
    long millis = Duration.between(from, until).toMillis();
    for (int done = 0; done < count; done += CHUNK_EVENTS) {
      int next = Math.min(count, done + CHUNK_EVENTS);
      List<LedgerEvent> events =
          traffic.rows(
              connection,
              traffic.batch(
                  next - done,
                  from.plusMillis(millis * done / count),
                  from.plusMillis(millis * next / count)));
      EventRows.copy(events)
          .send(
              connection,
              "COPY ledger.events_"
                  + PARTITION.format(day)
                  + " ("
                  + EventRows.COLUMNS
                  + ") FROM STDIN (FORMAT binary)");
      events.forEach(delta::add);
    }
    connection.commit();
    delta.forEachCuboid(
        (cuboid, sums, sketches) -> {
          Set<SeriesKey> keys = new HashSet<>();
          sums.forEach(row -> keys.add(row.series()));
          sketches.forEach(row -> keys.add(row.series()));
          Map<SeriesKey, Long> ids = series.resolve(connection, keys);
          for (Grain grain : Grain.values()) {
            if (grain != Grain.MINUTE || minutes) {
              sums(sums, grain, ids);
              sketches(sketches, grain, ids);
            }
          }
        });
    connection.commit();
  }

  private void sums(List<RollupDelta.Row> rows, Grain grain, Map<SeriesKey, Long> ids)
      throws SQLException {
    String statement =
        "COPY "
            + grain.rollupTable()
            + " (tenant_id, cuboid, bucket, series_id, version, "
            + EventRows.MEASURES
            + ") FROM STDIN (FORMAT binary)";
    try (BinaryCopy copy = BinaryCopy.into(connection, statement)) {
      for (RollupDelta.Row row : rows) {
        if (row.grain() == grain) {
          key(copy, 5 + Measure.count(), row.series(), row.bucket(), ids);
          copy.bigint(1);
          for (int i = 0; i < Measure.count(); i++) {
            copy.bigintOrNull(row.sums().get(Measure.at(i)));
          }
        }
      }
      rollups += copy.rows();
      copy.finish();
    }
  }

  private void sketches(List<RollupDelta.SketchRow> rows, Grain grain, Map<SeriesKey, Long> ids)
      throws SQLException {
    Map<SketchKey, SketchSet> merged = new HashMap<>();
    for (RollupDelta.SketchRow row : rows) {
      if (row.series().cuboid().grains().contains(grain)) {
        merged
            .computeIfAbsent(
                new SketchKey(row.series(), grain.floorSecond(row.bucket())), k -> new SketchSet())
            .add(row.sketches());
      }
    }
    String statement =
        "COPY "
            + grain.sketchTable()
            + " (tenant_id, cuboid, bucket, series_id, sketches) FROM STDIN (FORMAT binary)";
    try (BinaryCopy copy = BinaryCopy.into(connection, statement)) {
      for (Map.Entry<SketchKey, SketchSet> entry : merged.entrySet()) {
        key(copy, 5, entry.getKey().series, entry.getKey().bucket, ids);
        copy.bytes(entry.getValue().toBytes());
      }
      copy.finish();
    }
  }

  private void key(
      BinaryCopy copy, int columns, SeriesKey series, long bucket, Map<SeriesKey, Long> ids)
      throws SQLException {
    copy.startRow(columns);
    copy.integer(tenantId);
    copy.int2(series.cuboid().code());
    copy.timestamp(bucket * 1_000_000L);
    copy.bigint(ids.get(series));
  }

  private static Instant later(Instant a, Instant b) {
    return a.isAfter(b) ? a : b;
  }

  private static Instant earlier(Instant a, Instant b) {
    return a.isBefore(b) ? a : b;
  }
}
