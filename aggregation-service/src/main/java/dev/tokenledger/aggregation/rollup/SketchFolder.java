package dev.tokenledger.aggregation.rollup;

import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.model.sketch.SketchSet;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Folds the sketch journal into the sketch tables. Rows leave the journal in the transaction that
 * adds them to the tables, so a reader who adds both in one snapshot always has each value once.
 */
public final class SketchFolder {
  /** Journal rows folded in one transaction; bounds how long it holds locks. */
  private static final int MAX_ROWS = 16_000;

  /** Bytes of their sketches, which are in memory together. */
  private static final int MAX_BYTES = 4_000_000;

  /** Rows of a sketch table that are read, added to and written together; bounds the memory. */
  private static final int KEYS_AT_ONCE = 500;

  /** One folder at a time, whatever number of processes there are. */
  private static final String LOCK = "SELECT pg_try_advisory_xact_lock(730581, 2)";

  /**
   * One snapshot for both, so these are the same rows. Not with IN: the journal is empty most of
   * the time, and a planner who believes that would ask the inner question again for every row.
   */
  private static final String TAKE =
      """
      DELETE FROM ledger.sketch_journal WHERE journal_id <= (SELECT max(journal_id) FROM (
        SELECT journal_id, sum(octet_length(sketches)) OVER (ORDER BY journal_id)
          - octet_length(sketches) AS before
        FROM (SELECT journal_id, sketches FROM ledger.sketch_journal ORDER BY journal_id LIMIT %d)
          AS first) AS portion WHERE before < %d)
      RETURNING tenant_id, cuboid, bucket, series_id, sketches
      """
          .formatted(MAX_ROWS, MAX_BYTES);

  private static final Map<Integer, Cuboid> CUBOIDS =
      Arrays.stream(Cuboid.values()).collect(Collectors.toMap(Cuboid::code, Function.identity()));

  /** What one batch added to a series in a bucket of its cuboid's finest grain. */
  private record JournalRow(
      int tenantId, Cuboid cuboid, long second, long seriesId, byte[] sketches) {
    private Key key(Grain grain) {
      return new Key(tenantId, cuboid.code(), grain.floorSecond(second), seriesId);
    }
  }

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
   * Folds all there is, portion by portion. Readers add the journal to the tables, so a failure
   * changes no answer.
   */
  public void foldAll(Connection connection, BooleanSupplier stopping) throws SQLException {
    while (fold(connection) > 0 && !stopping.getAsBoolean()) {
      // The next portion.
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
    List<JournalRow> rows = take(connection);
    long minutesFrom = MinuteRetention.minutesFrom(connection).getEpochSecond();
    for (Grain grain : Grain.values()) {
      store(
          connection,
          grain,
          grain == Grain.MINUTE
              ? rows.stream().filter(row -> row.second >= minutesFrom).toList()
              : rows);
    }
    connection.commit();
    return rows.size();
  }

  private static List<JournalRow> take(Connection connection) throws SQLException {
    List<JournalRow> rows = new ArrayList<>();
    try (PreparedStatement take = connection.prepareStatement(TAKE);
        ResultSet taken = take.executeQuery()) {
      while (taken.next()) {
        rows.add(
            new JournalRow(
                taken.getInt(1),
                CUBOIDS.get(taken.getInt(2)),
                taken.getTimestamp(3).toInstant().getEpochSecond(),
                taken.getLong(4),
                taken.getBytes(5)));
      }
    }
    return rows;
  }

  private static void store(Connection connection, Grain grain, List<JournalRow> rows)
      throws SQLException {
    Map<Key, List<byte[]>> added = new TreeMap<>();
    for (JournalRow row : rows) {
      if (row.cuboid.grains().contains(grain)) {
        added.computeIfAbsent(row.key(grain), key -> new ArrayList<>()).add(row.sketches);
      }
    }
    List<Key> keys = new ArrayList<>(added.keySet());
    for (int at = 0; at < keys.size(); at += KEYS_AT_ONCE) {
      store(connection, grain, keys.subList(at, Math.min(keys.size(), at + KEYS_AT_ONCE)), added);
    }
  }

  private static void store(
      Connection connection, Grain grain, List<Key> keys, Map<Key, List<byte[]>> added)
      throws SQLException {
    Map<Key, byte[]> stored = read(connection, grain, keys);
    try (PreparedStatement upsert =
        connection.prepareStatement(
            "INSERT INTO "
                + grain.sketchTable()
                + " (tenant_id, cuboid, bucket, series_id, sketches) VALUES (?, ?, ?, ?, ?)"
                + " ON CONFLICT (tenant_id, cuboid, bucket, series_id)"
                + " DO UPDATE SET sketches = excluded.sketches")) {
      for (Key key : keys) {
        SketchSet sum = new SketchSet();
        byte[] before = stored.get(key);
        if (before != null) {
          sum.addBytes(before);
        }
        added.get(key).forEach(sum::addBytes);
        upsert.setInt(1, key.tenantId);
        upsert.setInt(2, key.cuboid);
        upsert.setObject(3, Instant.ofEpochSecond(key.bucket).atOffset(ZoneOffset.UTC));
        upsert.setLong(4, key.seriesId);
        upsert.setBytes(5, sum.toBytes());
        upsert.addBatch();
      }
      upsert.executeBatch();
    }
  }

  /** What the table holds for the keys; only folders write it, and there is one at a time. */
  private static Map<Key, byte[]> read(Connection connection, Grain grain, List<Key> keys)
      throws SQLException {
    Map<Key, byte[]> stored = new HashMap<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            // One look-up by key for each, whatever the planner thinks of the table's size.
            "SELECT w.position, s.sketches FROM"
                + " unnest(?::integer[], ?::integer[], ?::bigint[], ?::bigint[]) WITH ORDINALITY"
                + " AS w (tenant_id, cuboid, bucket, series_id, position)"
                + " CROSS JOIN LATERAL (SELECT sketches FROM "
                + grain.sketchTable()
                + " WHERE tenant_id = w.tenant_id AND cuboid = w.cuboid"
                + " AND bucket = to_timestamp(w.bucket) AND series_id = w.series_id OFFSET 0) s")) {
      select.setArray(1, array(connection, "integer", keys, Key::tenantId));
      select.setArray(2, array(connection, "integer", keys, Key::cuboid));
      select.setArray(3, array(connection, "bigint", keys, Key::bucket));
      select.setArray(4, array(connection, "bigint", keys, Key::seriesId));
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          stored.put(keys.get(rows.getInt(1) - 1), rows.getBytes(2));
        }
      }
    }
    return stored;
  }

  private static Array array(
      Connection connection, String type, List<Key> keys, Function<Key, Object> value)
      throws SQLException {
    return connection.createArrayOf(type, keys.stream().map(value).toArray());
  }
}
