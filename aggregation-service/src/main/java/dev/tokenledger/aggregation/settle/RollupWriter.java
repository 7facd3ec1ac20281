package dev.tokenledger.aggregation.settle;

import dev.tokenledger.aggregation.dictionary.SeriesKey;
import dev.tokenledger.aggregation.hot.HotRollups;
import dev.tokenledger.aggregation.rollup.RollupDelta;
import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.model.rollup.HotKeys;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.platform.database.BinaryCopy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Adds the changes of a batch to the rollup tables and the sketch journal, within the caller's
 * transaction. It is the only writer of its tenants' sums until that transaction ends ({@link
 * TenantLock}), so that it may look first which rows are there.
 */
final class RollupWriter {
  private static final String CREATE_STAGING =
      "CREATE TEMPORARY TABLE IF NOT EXISTS rollup_delta (part smallint, tenant_id integer,"
          + " cuboid smallint, bucket timestamptz, series_id bigint, "
          + Arrays.stream(Measure.values())
              .map(measure -> measure.column() + " bigint")
              .collect(Collectors.joining(", "))
          // For the sums of users, whose rows have no part.
          + ", hours smallint, \"user\" integer, type integer, project integer,"
          + " environment integer) ON COMMIT DELETE ROWS";

  /**
   * The staged rows are few beside the table, which the planner cannot know: each is looked up by
   * its key.
   */
  private static final String LOOK_UP_BY_KEY =
      "SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)";

  private static final String JOURNAL =
      "INSERT INTO ledger.sketch_journal (tenant_id, cuboid, bucket, series_id, sketches)"
          + " VALUES (?, ?, ?, ?, ?)";

  private static final String REVISE =
      "INSERT INTO ledger.revisions AS r (tenant_id, revision) VALUES (?, 1)"
          + " ON CONFLICT (tenant_id) DO UPDATE SET revision = r.revision + 1";

  private final UserSums userSums;

  RollupWriter(UserSums userSums) {
    this.userSums = userSums;
  }

  /** Prepares a new connection. */
  void prepare(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(CREATE_STAGING);
    }
  }

  /** The rows of one partition; their position among all parts marks them in the staging table. */
  private record Part(Grain grain, String partition, List<RollupDelta.Row> rows) {}

  /**
   * Adds the rows.
   *
   * @param ids the numbers of all series that occur
   * @return the new absolute values of those core rows that Redis holds
   */
  List<HotRollups.Row> write(Connection connection, RollupDelta.Rows rows, Map<SeriesKey, Long> ids)
      throws SQLException {
    journal(connection, rows.sketches(), ids);
    if (rows.sums().isEmpty()) {
      return List.of();
    }
    SortedSet<Integer> tenants =
        rows.sums().stream()
            .map(row -> row.series().tenantId())
            .collect(Collectors.toCollection(TreeSet::new));
    TenantLock.take(connection, tenants);
    revise(connection, tenants);
    try (Statement statement = connection.createStatement()) {
      statement.execute(LOOK_UP_BY_KEY);
    }
    List<Part> parts = parts(rows.sums());
    List<Measure> measures = occurring(rows.sums());
    stage(connection, parts, measures, ids);
    List<HotRollups.Row> core = new ArrayList<>();
    for (int part = 0; part < parts.size(); part++) {
      merge(connection, parts.get(part), part, measures);
      if (HotKeys.GRAINS.contains(parts.get(part).grain)) {
        readCore(connection, parts.get(part), part, core);
      }
    }
    userSums.change(connection, rows.sums(), measures);
    return core;
  }

  private static void revise(Connection connection, SortedSet<Integer> tenants)
      throws SQLException {
    try (PreparedStatement revise = connection.prepareStatement(REVISE)) {
      for (int tenant : tenants) {
        revise.setInt(1, tenant);
        revise.addBatch();
      }
      revise.executeBatch();
    }
  }

  private static List<Part> parts(List<RollupDelta.Row> rows) {
    Map<String, Part> parts = new TreeMap<>();
    @Nullable Part last = null;
    long lastBucket = 0;
    for (RollupDelta.Row row : rows) {
      if (last == null || last.grain != row.grain() || lastBucket != row.bucket()) {
        last =
            parts.computeIfAbsent(
                Partitions.rollup(row.grain(), row.bucket()),
                partition -> new Part(row.grain(), partition, new ArrayList<>()));
        lastBucket = row.bucket();
      }
      last.rows.add(row);
    }
    return List.copyOf(parts.values());
  }

  /** The measures that are not zero everywhere, about half of them: the others need no work. */
  private static List<Measure> occurring(List<RollupDelta.Row> rows) {
    boolean[] occurs = new boolean[Measure.count()];
    for (RollupDelta.Row row : rows) {
      for (int i = 0; i < occurs.length; i++) {
        occurs[i] |= row.sums().get(Measure.at(i)) != 0;
      }
    }
    return Arrays.stream(Measure.values()).filter(measure -> occurs[measure.ordinal()]).toList();
  }

  private static void stage(
      Connection connection, List<Part> parts, List<Measure> measures, Map<SeriesKey, Long> ids)
      throws SQLException {
    String statement =
        "COPY pg_temp.rollup_delta (part, tenant_id, cuboid, bucket, series_id, "
            + columns(measures, Measure::column)
            + ") FROM STDIN (FORMAT binary)";
    try (BinaryCopy copy = BinaryCopy.into(connection, statement)) {
      for (int part = 0; part < parts.size(); part++) {
        for (RollupDelta.Row row : parts.get(part).rows) {
          copy.startRow(5 + measures.size());
          copy.int2(part);
          copy.integer(row.series().tenantId());
          copy.int2(row.series().cuboid().code());
          copy.timestamp(row.bucket() * 1_000_000L);
          copy.bigint(ids.get(row.series()));
          for (Measure measure : measures) {
            copy.bigint(row.sums().get(measure));
          }
        }
      }
      copy.finish();
    }
  }

  private static void merge(Connection connection, Part part, int number, List<Measure> measures)
      throws SQLException {
    String merge =
        "MERGE INTO "
            + part.partition
            + " AS t USING (SELECT * FROM pg_temp.rollup_delta WHERE part = ?) AS d"
            + " ON t.tenant_id = d.tenant_id AND t.cuboid = d.cuboid AND t.bucket = d.bucket"
            + " AND t.series_id = d.series_id WHEN MATCHED THEN UPDATE SET version = t.version + 1, "
            + columns(measures, m -> m.column() + " = t." + m.column() + " + d." + m.column())
            + " WHEN NOT MATCHED THEN INSERT (tenant_id, cuboid, bucket, series_id, "
            + columns(measures, Measure::column)
            + ") VALUES (d.tenant_id, d.cuboid, d.bucket, d.series_id, "
            + columns(measures, m -> "d." + m.column())
            + ")";
    try (PreparedStatement statement = connection.prepareStatement(merge)) {
      statement.setInt(1, number);
      statement.executeUpdate();
    }
  }

  private static void readCore(
      Connection connection, Part part, int number, List<HotRollups.Row> core) throws SQLException {
    String select =
        "SELECT t.tenant_id, t.bucket, t.series_id, t.version, "
            + columns(List.of(Measure.values()), m -> "t." + m.column())
            + " FROM pg_temp.rollup_delta d JOIN "
            + part.partition
            + " t USING (tenant_id, cuboid, bucket, series_id) WHERE d.part = ? AND d.cuboid = "
            + Cuboid.CORE.code();
    try (PreparedStatement statement = connection.prepareStatement(select)) {
      statement.setInt(1, number);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          long[] values = new long[Measure.count()];
          for (int i = 0; i < values.length; i++) {
            values[i] = rows.getLong(5 + i);
          }
          core.add(
              new HotRollups.Row(
                  rows.getInt(1),
                  part.grain,
                  rows.getObject(2, OffsetDateTime.class).toInstant(),
                  rows.getLong(3),
                  rows.getLong(4),
                  values));
        }
      }
    }
  }

  private static String columns(List<Measure> measures, Function<Measure, String> text) {
    return measures.stream().map(text).collect(Collectors.joining(", "));
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
