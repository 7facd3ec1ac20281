package dev.tokenledger.aggregation.rollup;

import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.rollup.MeasureVector;
import dev.tokenledger.model.rollup.UserSpan;
import dev.tokenledger.platform.database.BinaryCopy;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Keeps {@code ledger.user_sums}: adds the cuboid of users up over models and over longer buckets,
 * once the time of a bucket has passed. How far that has come stands beside it, and moves on under
 * the lock of the tenant; whoever changes rollups holds the same lock, reads how far it is, and
 * changes what lies before by the same difference. So what is complete stays exact, and a batch
 * that brings nothing late has nothing to write.
 *
 * <p>Stateless, thread-safe.
 */
public final class UserSums {
  /**
   * From the end of a bucket until it is added up. What comes later costs more, and is as exact.
   */
  static final Duration GRACE = Duration.ofMinutes(10);

  private static final String COMPLETE =
      "SELECT tenant_id, hours, until FROM ledger.user_sums_complete WHERE tenant_id = ANY (?)";

  private static final List<String> DIMENSIONS =
      List.of("\"user\"", "type", "project", "environment");
  private static final String KEY = "tenant_id, hours, bucket, " + String.join(", ", DIMENSIONS);
  private static final String MEASURES =
      Arrays.stream(Measure.values()).map(Measure::column).collect(Collectors.joining(", "));
  private static final String SUMS =
      Arrays.stream(Measure.values())
          .map(measure -> "sum(" + measure.column() + ")::bigint")
          .collect(Collectors.joining(", "));

  private static final int[] POSITIONS = {
    position(Dimension.USER),
    position(Dimension.TYPE),
    position(Dimension.PROJECT),
    position(Dimension.ENVIRONMENT)
  };

  private final Clock clock;

  public UserSums(Clock clock) {
    this.clock = clock;
  }

  private record Key(
      int tenantId, UserSpan span, long bucket, int user, int type, int project, int environment) {}

  private record Span(int tenantId, UserSpan span) {}

  /**
   * Changes what was added up already by what a batch changes in the rollups.
   *
   * @param connection in a transaction that holds the lock of all tenants that occur, and has the
   *     staging table of {@link RollupWriter}
   * @param measures those that are not zero everywhere
   */
  void change(Connection connection, List<RollupDelta.Row> rows, List<Measure> measures)
      throws SQLException {
    SortedSet<Integer> tenants = new TreeSet<>();
    List<RollupDelta.Row> people = new ArrayList<>();
    for (RollupDelta.Row row : rows) {
      if (row.series().cuboid() == Cuboid.BY_USER && row.grain() == Grain.HOUR) {
        people.add(row);
        tenants.add(row.series().tenantId());
      }
    }
    Map<Span, Long> complete = people.isEmpty() ? Map.of() : complete(connection, tenants);
    Map<Key, MeasureVector> late = new HashMap<>();
    for (RollupDelta.Row row : people) {
      for (UserSpan span : UserSpan.values()) {
        Long until = complete.get(new Span(row.series().tenantId(), span));
        if (until != null && row.bucket() < until) {
          late.computeIfAbsent(key(row, span), key -> new MeasureVector()).add(row.sums());
        }
      }
    }
    if (!late.isEmpty()) {
      stage(connection, late, measures);
      merge(connection, measures);
    }
  }

  private static Map<Span, Long> complete(Connection connection, SortedSet<Integer> tenants)
      throws SQLException {
    Map<Span, Long> complete = new HashMap<>();
    Array ids = connection.createArrayOf("integer", tenants.toArray());
    try (PreparedStatement select = connection.prepareStatement(COMPLETE)) {
      select.setArray(1, ids);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          complete.put(
              new Span(row.getInt(1), UserSpan.ofHours(row.getInt(2))),
              row.getObject(3, OffsetDateTime.class).toEpochSecond());
        }
      }
    } finally {
      ids.free();
    }
    return complete;
  }

  private static Key key(RollupDelta.Row row, UserSpan span) {
    int[] values = row.series().values();
    return new Key(
        row.series().tenantId(),
        span,
        span.floorSecond(row.bucket()),
        values[POSITIONS[0]],
        values[POSITIONS[1]],
        values[POSITIONS[2]],
        values[POSITIONS[3]]);
  }

  private static int position(Dimension dimension) {
    return List.copyOf(Cuboid.BY_USER.dimensions()).indexOf(dimension);
  }

  private static void stage(
      Connection connection, Map<Key, MeasureVector> late, List<Measure> measures)
      throws SQLException {
    String statement =
        "COPY pg_temp.rollup_delta ("
            + KEY
            + ", "
            + columns(measures, "%1$s")
            + ") FROM STDIN (FORMAT binary)";
    try (BinaryCopy copy = BinaryCopy.into(connection, statement)) {
      for (Map.Entry<Key, MeasureVector> entry : late.entrySet()) {
        Key key = entry.getKey();
        copy.startRow(7 + measures.size());
        copy.integer(key.tenantId);
        copy.int2(key.span.hours());
        copy.timestamp(key.bucket * 1_000_000L);
        copy.integer(key.user);
        copy.integer(key.type);
        copy.integer(key.project);
        copy.integer(key.environment);
        for (Measure measure : measures) {
          copy.bigintOrNull(entry.getValue().get(measure));
        }
      }
      copy.finish();
    }
  }

  private static void merge(Connection connection, List<Measure> measures) throws SQLException {
    String matches =
        Arrays.stream(KEY.split(", "))
            .map(column -> "t." + column + " = d." + column)
            .collect(Collectors.joining(" AND "));
    String newKey =
        Arrays.stream(KEY.split(", "))
            .map(column -> "d." + column)
            .collect(Collectors.joining(", "));
    try (PreparedStatement merge =
        connection.prepareStatement(
            "MERGE INTO ledger.user_sums AS t USING (SELECT * FROM pg_temp.rollup_delta"
                + " WHERE hours IS NOT NULL) AS d ON "
                + matches
                + " WHEN MATCHED THEN UPDATE SET "
                + RollupWriter.additions(measures)
                + " WHEN NOT MATCHED THEN INSERT ("
                + KEY
                + ", "
                + columns(measures, "%1$s")
                + ") VALUES ("
                + newKey
                + ", "
                + columns(measures, "d.%1$s")
                + ")")) {
      merge.executeUpdate();
    }
  }

  private static String columns(List<Measure> measures, String format) {
    return measures.stream()
        .map(measure -> String.format(format, measure.column()))
        .collect(Collectors.joining(", "));
  }

  /** The tenants that have anything in the ledger. */
  List<Integer> tenants(Connection connection) throws SQLException {
    List<Integer> tenants = new ArrayList<>();
    try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT tenant_id FROM ledger.freshness ORDER BY tenant_id");
        ResultSet row = select.executeQuery()) {
      while (row.next()) {
        tenants.add(row.getInt(1));
      }
    }
    connection.commit();
    return tenants;
  }

  /**
   * Adds up all buckets whose time has come. Readers take the rollups themselves where nothing is
   * added up, so a failure changes no answer.
   */
  public void addUpAll(Connection connection, BooleanSupplier stopping) throws SQLException {
    for (int tenantId : tenants(connection)) {
      for (UserSpan span : UserSpan.values()) {
        while (!stopping.getAsBoolean() && addUpNext(connection, tenantId, span)) {
          // The next bucket.
        }
      }
    }
  }

  /**
   * Adds up the next bucket of a length, if its time has come, and commits. Short: the tenant's
   * batches wait meanwhile.
   *
   * @param connection outside of a transaction
   * @return whether there was one
   */
  boolean addUpNext(Connection connection, int tenantId, UserSpan span) throws SQLException {
    TenantLock.take(connection, new TreeSet<>(List.of(tenantId)));
    Map<UserSpan, Instant> complete = new EnumMap<>(UserSpan.class);
    complete(connection, new TreeSet<>(List.of(tenantId)))
        .forEach((key, until) -> complete.put(key.span, Instant.ofEpochSecond(until)));
    @Nullable Instant next = next(connection, tenantId, span, complete.get(span));
    if (next == null || next.plus(span.length()).isAfter(known(span, complete))) {
      connection.rollback();
      return false;
    }
    addUp(connection, tenantId, span, next);
    try (PreparedStatement upsert =
        connection.prepareStatement(
            "INSERT INTO ledger.user_sums_complete (tenant_id, hours, until) VALUES (?, ?, ?)"
                + " ON CONFLICT (tenant_id, hours) DO UPDATE SET until = excluded.until")) {
      upsert.setInt(1, tenantId);
      upsert.setInt(2, span.hours());
      upsert.setObject(3, next.plus(span.length()).atOffset(ZoneOffset.UTC));
      upsert.executeUpdate();
    }
    connection.commit();
    return true;
  }

  /** Until when the shorter buckets are there from which those of a length are made. */
  private Instant known(UserSpan span, Map<UserSpan, Instant> complete) {
    return span == UserSpan.FOUR_HOURS
        ? clock.instant().minus(GRACE)
        : complete.getOrDefault(shorter(span), Instant.MIN);
  }

  private static UserSpan shorter(UserSpan span) {
    return UserSpan.values()[span.ordinal() - 1];
  }

  /** The first bucket with anything in it that is not added up yet; null when there is none. */
  private static @Nullable Instant next(
      Connection connection, int tenantId, UserSpan span, @Nullable Instant complete)
      throws SQLException {
    boolean fromRollups = span == UserSpan.FOUR_HOURS;
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT min(bucket) FROM "
                + (fromRollups
                    ? "ledger.rollup_hour WHERE tenant_id = ? AND cuboid = ?"
                    : "ledger.user_sums WHERE tenant_id = ? AND hours = ?")
                + " AND bucket >= coalesce(?::timestamptz, '-infinity')")) {
      select.setInt(1, tenantId);
      select.setInt(2, fromRollups ? Cuboid.BY_USER.code() : shorter(span).hours());
      select.setObject(3, complete == null ? null : complete.atOffset(ZoneOffset.UTC));
      try (ResultSet row = select.executeQuery()) {
        row.next();
        OffsetDateTime first = row.getObject(1, OffsetDateTime.class);
        return first == null ? null : span.floor(first.toInstant());
      }
    }
  }

  private static void addUp(Connection connection, int tenantId, UserSpan span, Instant bucket)
      throws SQLException {
    boolean fromRollups = span == UserSpan.FOUR_HOURS;
    String dimensions = String.join(", ", DIMENSIONS);
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO ledger.user_sums ("
                + KEY
                + ", "
                + MEASURES
                + ") SELECT tenant_id, ?, ?, "
                + dimensions
                + ", "
                + SUMS
                + (fromRollups
                    ? " FROM ledger.rollup_hour JOIN ledger.series"
                        + " USING (tenant_id, cuboid, series_id)"
                        + " WHERE tenant_id = ? AND cuboid = ?"
                    : " FROM ledger.user_sums WHERE tenant_id = ? AND hours = ?")
                + " AND bucket >= ? AND bucket < ? GROUP BY tenant_id, "
                + dimensions)) {
      insert.setInt(1, span.hours());
      insert.setObject(2, bucket.atOffset(ZoneOffset.UTC));
      insert.setInt(3, tenantId);
      insert.setInt(4, fromRollups ? Cuboid.BY_USER.code() : shorter(span).hours());
      insert.setObject(5, bucket.atOffset(ZoneOffset.UTC));
      insert.setObject(6, bucket.plus(span.length()).atOffset(ZoneOffset.UTC));
      insert.executeUpdate();
    }
  }
}
