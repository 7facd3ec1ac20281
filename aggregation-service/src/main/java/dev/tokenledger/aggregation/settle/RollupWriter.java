package dev.tokenledger.aggregation.settle;

import dev.tokenledger.aggregation.dictionary.SeriesKey;
import dev.tokenledger.aggregation.hot.HotRollups;
import dev.tokenledger.aggregation.rollup.RollupDelta;
import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.rollup.MeasureVector;
import dev.tokenledger.platform.database.BinaryCopy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Adds the changes of a batch to the rollup tables and the sketch journal, within the caller's
 * transaction. Rows are taken in key order, so that two batches never wait for each other in a
 * circle.
 */
final class RollupWriter {
  private static final String MEASURES =
      IntStream.range(0, Measure.count())
          .mapToObj(i -> Measure.at(i).column())
          .collect(Collectors.joining(", "));

  private static final String CREATE_STAGING =
      "CREATE TEMPORARY TABLE IF NOT EXISTS rollup_delta (grain smallint, tenant_id integer,"
          + " cuboid smallint, bucket timestamptz, series_id bigint, "
          + IntStream.range(0, Measure.count())
              .mapToObj(i -> Measure.at(i).column() + " bigint")
              .collect(Collectors.joining(", "))
          + ") ON COMMIT DELETE ROWS";

  private static final String COPY_STAGING = "COPY pg_temp.rollup_delta FROM STDIN (FORMAT binary)";

  private static final String JOURNAL =
      "INSERT INTO ledger.sketch_journal (tenant_id, cuboid, bucket, series_id, sketches)"
          + " VALUES (?, ?, ?, ?, ?)";

  private final Map<Grain, String> upserts = new EnumMap<>(Grain.class);

  RollupWriter() {
    for (Grain grain : Grain.values()) {
      upserts.put(grain, upsert(grain));
    }
  }

  private static String upsert(Grain grain) {
    String sums =
        IntStream.range(0, Measure.count())
            .mapToObj(i -> Measure.at(i).column())
            .map(column -> column + " = t." + column + " + excluded." + column)
            .collect(Collectors.joining(", "));
    return "INSERT INTO "
        + grain.rollupTable()
        + " AS t (tenant_id, cuboid, bucket, series_id, "
        + MEASURES
        + ") SELECT tenant_id, cuboid, bucket, series_id, "
        + MEASURES
        + " FROM pg_temp.rollup_delta WHERE grain = "
        + grain.ordinal()
        + " ORDER BY tenant_id, cuboid, bucket, series_id"
        + " ON CONFLICT (tenant_id, cuboid, bucket, series_id) DO UPDATE SET version = t.version + 1, "
        + sums;
  }

  /** Prepares a new connection. */
  void prepare(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(CREATE_STAGING);
    }
  }

  /**
   * Adds the rows.
   *
   * @param ids the numbers of all series that occur
   * @return the new absolute values of the core rows by hour and day
   */
  List<HotRollups.Row> write(Connection connection, RollupDelta.Rows rows, Map<SeriesKey, Long> ids)
      throws SQLException {
    if (rows.sums().isEmpty()) {
      journal(connection, rows.sketches(), ids);
      return List.of();
    }
    BinaryCopy copy = new BinaryCopy(rows.sums().size() * 256);
    for (RollupDelta.Row row : rows.sums()) {
      copy.startRow(5 + Measure.count());
      copy.int2(row.grain().ordinal());
      copy.integer(row.series().tenantId());
      copy.int2(row.series().cuboid().code());
      copy.timestamp(row.bucket() * 1_000_000L);
      copy.bigint(ids.get(row.series()));
      MeasureVector sums = row.sums();
      for (int i = 0; i < Measure.count(); i++) {
        copy.bigint(sums.get(Measure.at(i)));
      }
    }
    copy.send(connection, COPY_STAGING);
    journal(connection, rows.sketches(), ids);
    List<HotRollups.Row> core = new ArrayList<>();
    for (Grain grain : Grain.values()) {
      upsert(connection, grain, core);
    }
    return core;
  }

  private void upsert(Connection connection, Grain grain, List<HotRollups.Row> core)
      throws SQLException {
    if (grain == Grain.MINUTE) {
      try (PreparedStatement upsert = connection.prepareStatement(upserts.get(grain))) {
        upsert.executeUpdate();
      }
      return;
    }
    // Returning only the rows of one cuboid needs the statement inside another one.
    String returning =
        "WITH changed AS ("
            + upserts.get(grain)
            + " RETURNING tenant_id, cuboid, bucket, series_id, version, "
            + MEASURES
            + ") SELECT tenant_id, bucket, series_id, version, "
            + MEASURES
            + " FROM changed WHERE cuboid = "
            + Cuboid.CORE.code();
    try (PreparedStatement upsert = connection.prepareStatement(returning);
        ResultSet changed = upsert.executeQuery()) {
      while (changed.next()) {
        long[] values = new long[Measure.count()];
        for (int i = 0; i < values.length; i++) {
          values[i] = changed.getLong(5 + i);
        }
        core.add(
            new HotRollups.Row(
                changed.getInt(1),
                grain,
                changed.getTimestamp(2).toInstant(),
                changed.getLong(3),
                changed.getLong(4),
                values));
      }
    }
  }

  private static void journal(
      Connection connection, List<RollupDelta.SketchRow> sketches, Map<SeriesKey, Long> ids)
      throws SQLException {
    if (sketches.isEmpty()) {
      return;
    }
    try (PreparedStatement insert = connection.prepareStatement(JOURNAL)) {
      for (RollupDelta.SketchRow row : sketches) {
        insert.setInt(1, row.series().tenantId());
        insert.setInt(2, row.series().cuboid().code());
        insert.setObject(3, Instant.ofEpochSecond(row.bucket()).atOffset(ZoneOffset.UTC));
        insert.setLong(4, ids.get(row.series()));
        insert.setBytes(5, row.sketches().toBytes());
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }
}
