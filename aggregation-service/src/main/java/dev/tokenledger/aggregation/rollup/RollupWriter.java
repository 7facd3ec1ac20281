package dev.tokenledger.aggregation.rollup;

import dev.tokenledger.aggregation.dictionary.SeriesCatalogue;
import dev.tokenledger.aggregation.dictionary.SeriesKey;
import dev.tokenledger.aggregation.event.Partitions;
import dev.tokenledger.aggregation.hot.HotRollups;
import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.model.rollup.HotKeys;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.platform.database.BinaryCopy;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Adds the changes of a batch to the rollup tables and the sketch journal, within the caller's
 * transaction. It is the only writer of its tenants' sums until that transaction ends ({@link
 * TenantLock}), so that it may look first which rows are there.
 */
public final class RollupWriter {
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
      """
      INSERT INTO ledger.sketch_journal (tenant_id, cuboid, bucket, series_id, sketches)
      SELECT tenant_id, cuboid, to_timestamp(bucket), series_id, sketches
      FROM unnest(?::integer[], ?::smallint[], ?::bigint[], ?::bigint[], ?::bytea[])
        AS n (tenant_id, cuboid, bucket, series_id, sketches)
      """;

  private static final int SKETCHES_AT_ONCE = 1_000;

  private static final String REVISE =
      "INSERT INTO ledger.revisions AS r (tenant_id, revision) VALUES (?, 1)"
          + " ON CONFLICT (tenant_id) DO UPDATE SET revision = r.revision + 1";

  private final SeriesCatalogue series;
  private final UserSums userSums;

  public RollupWriter(SeriesCatalogue series, UserSums userSums) {
    this.series = series;
    this.userSums = userSums;
  }

  /** Prepares a new connection. */
  public void prepare(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(CREATE_STAGING);
    }
  }

  /** Rows that go to one partition; the number marks them in the staging table. */
  private record Part(Grain grain, String partition, int number) {}

  /** What is staged of a batch. */
  private final class Staging implements RollupDelta.CuboidRows {
    private final Connection connection;
    private final Connection naming;
    private final List<Measure> measures;
    private final Instant minutesFrom;
    private final Map<String, Part> parts = new TreeMap<>();

    /** The same parts by their days, of which a batch has far fewer than rows. */
    private final Map<Grain, Map<Long, Part>> partsByDay = new EnumMap<>(Grain.class);

    private final List<RollupDelta.Row> people = new ArrayList<>();

    private Staging(
        Connection connection, Connection naming, List<Measure> measures, Instant minutesFrom) {
      this.connection = connection;
      this.naming = naming;
      this.measures = measures;
      this.minutesFrom = minutesFrom;
    }

    @Override
    public void take(
        Cuboid cuboid, List<RollupDelta.Row> sums, List<RollupDelta.SketchRow> sketches)
        throws SQLException {
      Set<SeriesKey> keys = new HashSet<>();
      sums.forEach(row -> keys.add(row.series()));
      sketches.forEach(row -> keys.add(row.series()));
      Map<SeriesKey, Long> ids = series.resolve(naming, keys);
      journal(connection, sketches, ids);
      if (!sums.isEmpty()) {
        stage(sums, ids);
      }
      if (cuboid == Cuboid.BY_USER) {
        sums.stream().filter(row -> row.grain() == Grain.HOUR).forEach(people::add);
      }
    }

    private void stage(List<RollupDelta.Row> rows, Map<SeriesKey, Long> ids) throws SQLException {
      String statement =
          "COPY pg_temp.rollup_delta (part, tenant_id, cuboid, bucket, series_id, "
              + columns(measures, Measure::column)
              + ") FROM STDIN (FORMAT binary)";
      try (BinaryCopy copy = BinaryCopy.into(connection, statement)) {
        for (RollupDelta.Row row : rows) {
          if (row.grain() == Grain.MINUTE && row.bucket() < minutesFrom.getEpochSecond()) {
            continue;
          }
          copy.startRow(5 + measures.size());
          copy.int2(part(row).number);
          copy.integer(row.series().tenantId());
          copy.int2(row.series().cuboid().code());
          copy.timestamp(row.bucket() * 1_000_000L);
          copy.bigint(ids.get(row.series()));
          for (Measure measure : measures) {
            copy.bigintOrNull(row.sums().get(measure));
          }
        }
        copy.finish();
      }
    }

    private Part part(RollupDelta.Row row) {
      return partsByDay
          .computeIfAbsent(row.grain(), grain -> new HashMap<>())
          .computeIfAbsent(
              Grain.DAY.floorSecond(row.bucket()),
              day ->
                  parts.computeIfAbsent(
                      Partitions.rollup(row.grain(), day),
                      partition -> new Part(row.grain(), partition, parts.size())));
    }
  }

  /**
   * Adds the changes of a batch.
   *
   * @param naming gives numbers to new series, in transactions of its own
   * @param tenants whose locks are taken: those of the changes, and any that the caller needs
   * @return the new absolute values of those core rows that Redis holds
   */
  public List<HotRollups.Row> write(
      Connection connection, Connection naming, RollupDelta delta, SortedSet<Integer> tenants)
      throws SQLException {
    List<Measure> measures = delta.measures();
    Staging staging =
        new Staging(connection, naming, measures, MinuteRetention.minutesFrom(connection));
    delta.forEachCuboid(staging);
    // From here on, and no longer than it must, other batches of these tenants wait.
    TenantLock.take(connection, tenants);
    if (measures.isEmpty()) {
      return List.of();
    }
    revise(connection, delta.tenants());
    try (Statement statement = connection.createStatement()) {
      statement.execute(LOOK_UP_BY_KEY);
    }
    List<HotRollups.Row> core = new ArrayList<>();
    for (Part part : staging.parts.values()) {
      merge(connection, part, measures);
      if (HotKeys.GRAINS.contains(part.grain)) {
        readCore(connection, part, core);
      }
    }
    userSums.change(connection, staging.people, measures);
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

  private static void merge(Connection connection, Part part, List<Measure> measures)
      throws SQLException {
    String merge =
        "MERGE INTO "
            + part.partition
            + " AS t USING (SELECT * FROM pg_temp.rollup_delta WHERE part = ?) AS d"
            + " ON t.tenant_id = d.tenant_id AND t.cuboid = d.cuboid AND t.bucket = d.bucket"
            + " AND t.series_id = d.series_id WHEN MATCHED THEN UPDATE SET version = t.version + 1, "
            + additions(measures)
            + " WHEN NOT MATCHED THEN INSERT (tenant_id, cuboid, bucket, series_id, "
            + columns(measures, Measure::column)
            + ") VALUES (d.tenant_id, d.cuboid, d.bucket, d.series_id, "
            + columns(measures, m -> "d." + m.column())
            + ")";
    try (PreparedStatement statement = connection.prepareStatement(merge)) {
      statement.setInt(1, part.number);
      statement.executeUpdate();
    }
  }

  private static void readCore(Connection connection, Part part, List<HotRollups.Row> core)
      throws SQLException {
    String select =
        "SELECT t.tenant_id, t.bucket, t.series_id, t.version, "
            + columns(List.of(Measure.values()), m -> "t." + m.column())
            + " FROM pg_temp.rollup_delta d JOIN "
            + part.partition
            + " t USING (tenant_id, cuboid, bucket, series_id) WHERE d.part = ? AND d.cuboid = "
            + Cuboid.CORE.code();
    try (PreparedStatement statement = connection.prepareStatement(select)) {
      statement.setInt(1, part.number);
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

  /** What adds staged sums {@code d} to stored ones {@code t}; null is zero, as most are. */
  static String additions(List<Measure> measures) {
    return columns(
        measures, m -> "%1$s = coalesce(t.%1$s + d.%1$s, t.%1$s, d.%1$s)".formatted(m.column()));
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
      for (int from = 0; from < sketches.size(); from += SKETCHES_AT_ONCE) {
        List<RollupDelta.SketchRow> rows =
            sketches.subList(from, Math.min(sketches.size(), from + SKETCHES_AT_ONCE));
        insert.setArray(1, array(connection, "integer", rows, row -> row.series().tenantId()));
        insert.setArray(
            2, array(connection, "smallint", rows, row -> row.series().cuboid().code()));
        insert.setArray(3, array(connection, "bigint", rows, RollupDelta.SketchRow::bucket));
        insert.setArray(4, array(connection, "bigint", rows, row -> ids.get(row.series())));
        insert.setArray(
            5,
            connection.createArrayOf(
                "bytea",
                rows.stream().map(row -> row.sketches().toBytes()).toArray(byte[][]::new)));
        insert.executeUpdate();
      }
    }
  }

  private static Array array(
      Connection connection,
      String type,
      List<RollupDelta.SketchRow> rows,
      Function<RollupDelta.SketchRow, Object> value)
      throws SQLException {
    return connection.createArrayOf(type, rows.stream().map(value).toArray());
  }
}
