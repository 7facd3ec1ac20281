package dev.tokenledger.aggregation.settle;

import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.model.sketch.SketchSet;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Folds the sketch journal into the sketch tables. Rows leave the journal in the transaction that
 * adds them to the tables, so a reader who adds both in one snapshot always has each value once.
 */
final class SketchFolder {
  /** Journal rows folded in one transaction; bounds its memory and how long it holds locks. */
  private static final int MAX_ROWS = 4_000;

  /** One folder at a time, whatever number of processes there are. */
  private static final String LOCK = "SELECT pg_try_advisory_xact_lock(730581, 2)";

  private static final String TAKE =
      "DELETE FROM ledger.sketch_journal WHERE journal_id IN (SELECT journal_id FROM"
          + " ledger.sketch_journal ORDER BY journal_id LIMIT "
          + MAX_ROWS
          + ") RETURNING tenant_id, cuboid, bucket, series_id, sketches";

  private static final Map<Integer, Cuboid> CUBOIDS =
      Arrays.stream(Cuboid.values()).collect(Collectors.toMap(Cuboid::code, Function.identity()));

  private record Key(int tenantId, int cuboid, long bucket, long seriesId)
      implements Comparable<Key> {
    private static final Comparator<Key> ORDER =
        Comparator.comparingInt(Key::tenantId)
            .thenComparingInt(Key::cuboid)
            .thenComparingLong(Key::bucket)
            .thenComparingLong(Key::seriesId);

    @Override
    public int compareTo(Key other) {
      return ORDER.compare(this, other);
    }
  }

  /**
   * Folds one portion and commits.
   *
   * @return the journal rows folded; 0 when there are none or another folder is at work
   */
  int fold(Connection connection) throws SQLException {
    try (PreparedStatement lock = connection.prepareStatement(LOCK);
        ResultSet row = lock.executeQuery()) {
      row.next();
      if (!row.getBoolean(1)) {
        connection.rollback();
        return 0;
      }
    }
    Map<Grain, Map<Key, SketchSet>> sketches = new EnumMap<>(Grain.class);
    int rows = take(connection, sketches);
    for (Map.Entry<Grain, Map<Key, SketchSet>> grain : sketches.entrySet()) {
      store(connection, grain.getKey(), grain.getValue());
    }
    connection.commit();
    return rows;
  }

  private static int take(Connection connection, Map<Grain, Map<Key, SketchSet>> sketches)
      throws SQLException {
    int rows = 0;
    try (PreparedStatement take = connection.prepareStatement(TAKE);
        ResultSet taken = take.executeQuery()) {
      while (taken.next()) {
        rows++;
        Cuboid cuboid = CUBOIDS.get(taken.getInt(2));
        long second = taken.getTimestamp(3).toInstant().getEpochSecond();
        byte[] bytes = taken.getBytes(5);
        for (Grain grain : cuboid.grains()) {
          sketches
              .computeIfAbsent(grain, g -> new TreeMap<>())
              .computeIfAbsent(
                  new Key(
                      taken.getInt(1), cuboid.code(), grain.floorSecond(second), taken.getLong(4)),
                  k -> new SketchSet())
              .addBytes(bytes);
        }
      }
    }
    return rows;
  }

  private static void store(Connection connection, Grain grain, Map<Key, SketchSet> added)
      throws SQLException {
    addStored(connection, grain, added);
    try (PreparedStatement upsert =
        connection.prepareStatement(
            "INSERT INTO "
                + grain.sketchTable()
                + " (tenant_id, cuboid, bucket, series_id, sketches) VALUES (?, ?, ?, ?, ?)"
                + " ON CONFLICT (tenant_id, cuboid, bucket, series_id)"
                + " DO UPDATE SET sketches = excluded.sketches")) {
      for (Map.Entry<Key, SketchSet> entry : added.entrySet()) {
        Key key = entry.getKey();
        upsert.setInt(1, key.tenantId);
        upsert.setInt(2, key.cuboid);
        upsert.setObject(3, Instant.ofEpochSecond(key.bucket).atOffset(ZoneOffset.UTC));
        upsert.setLong(4, key.seriesId);
        upsert.setBytes(5, entry.getValue().toBytes());
        upsert.addBatch();
      }
      upsert.executeBatch();
    }
  }

  /** Adds what the table holds for the keys; only folders write it, and there is one at a time. */
  private static void addStored(Connection connection, Grain grain, Map<Key, SketchSet> added)
      throws SQLException {
    Integer[] tenants = added.keySet().stream().map(Key::tenantId).toArray(Integer[]::new);
    Integer[] cuboids = added.keySet().stream().map(Key::cuboid).toArray(Integer[]::new);
    Long[] buckets = added.keySet().stream().map(Key::bucket).toArray(Long[]::new);
    Long[] series = added.keySet().stream().map(Key::seriesId).toArray(Long[]::new);
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT s.tenant_id, s.cuboid, s.bucket, s.series_id, s.sketches FROM"
                + " unnest(?::integer[], ?::integer[], ?::bigint[], ?::bigint[])"
                + " AS w (tenant_id, cuboid, bucket, series_id) JOIN "
                + grain.sketchTable()
                + " s ON s.tenant_id = w.tenant_id AND s.cuboid = w.cuboid"
                + " AND s.bucket = to_timestamp(w.bucket) AND s.series_id = w.series_id")) {
      select.setArray(1, connection.createArrayOf("integer", tenants));
      select.setArray(2, connection.createArrayOf("integer", cuboids));
      select.setArray(3, connection.createArrayOf("bigint", buckets));
      select.setArray(4, connection.createArrayOf("bigint", series));
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          Key key =
              new Key(
                  rows.getInt(1),
                  rows.getInt(2),
                  rows.getTimestamp(3).toInstant().getEpochSecond(),
                  rows.getLong(4));
          added.get(key).addBytes(rows.getBytes(5));
        }
      }
    }
  }
}
