package dev.tokenledger.aggregation.dictionary;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.platform.database.BinaryCopy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The numbers of series, given once like those of the {@link Dictionary}. Thread-safe.
 *
 * <p>Series need no bound of their own: they are bounded by the values of their dimensions and by
 * the combinations that really occur.
 */
public final class SeriesCatalogue {
  /** Series kept in memory, about 150 bytes each; the rest is looked up when it comes again. */
  private static final int MAX_IN_MEMORY = 60_000;

  /** The dimensions that the table of series has a column for. */
  static final List<Dimension> COLUMNS =
      Arrays.stream(Dimension.values())
          .filter(d -> Arrays.stream(Cuboid.values()).anyMatch(c -> c.dimensions().contains(d)))
          .toList();

  /** The columns that the key of every series has; newer ones are in it where they have a value. */
  private static final List<Dimension> FIRST_COLUMNS =
      COLUMNS.stream().filter(d -> d.code() <= Dimension.TAG_VALUE.code()).toList();

  private static final String COLUMN_NAMES =
      COLUMNS.stream().map(d -> '"' + d.label() + '"').collect(Collectors.joining(", "));

  private static final String COLUMN_DEFINITIONS =
      COLUMNS.stream().map(d -> '"' + d.label() + "\" integer").collect(Collectors.joining(", "));

  private static final String CREATE_WANTED =
      "CREATE TEMPORARY TABLE IF NOT EXISTS series_wanted (position integer, series_id bigint,"
          + " tenant_id integer, cuboid smallint, "
          + COLUMN_DEFINITIONS
          + ") ON COMMIT DELETE ROWS";

  private static final String COPY_WANTED = "COPY pg_temp.series_wanted FROM STDIN (FORMAT binary)";

  private static final String NEW_IDS =
      "SELECT nextval('ledger.series_ids') FROM generate_series(1, ?)";

  private static final String INSERT =
      "INSERT INTO ledger.series (tenant_id, series_id, cuboid, "
          + COLUMN_NAMES
          + ") SELECT tenant_id, series_id, cuboid, "
          + COLUMN_NAMES
          + " FROM pg_temp.series_wanted ORDER BY tenant_id, cuboid, "
          + COLUMN_NAMES
          + " ON CONFLICT (tenant_id, cuboid, key) DO NOTHING RETURNING series_id";

  /** One look-up by key for each, whatever the planner thinks of the tables' sizes. */
  private static final String SELECT_OTHERS =
      "SELECT w.position, s.series_id FROM pg_temp.series_wanted w CROSS JOIN LATERAL (SELECT"
          + " series_id FROM ledger.series WHERE tenant_id = w.tenant_id AND cuboid = w.cuboid"
          + " AND key = CASE WHEN w.api_key IS NULL THEN "
          + array(FIRST_COLUMNS)
          + " ELSE "
          + array(COLUMNS)
          + " END OFFSET 0) s WHERE s.series_id <> w.series_id";

  private final Cache<SeriesKey, Long> ids =
      Caffeine.newBuilder().maximumSize(MAX_IN_MEMORY).executor(Runnable::run).build();

  /**
   * The numbers of the given series. New ones are given in one committed transaction of their own,
   * so the connection must not be within another.
   */
  public Map<SeriesKey, Long> resolve(Connection connection, Collection<SeriesKey> keys)
      throws SQLException {
    Map<SeriesKey, Long> found = new HashMap<>();
    List<SeriesKey> unknown = new ArrayList<>();
    for (SeriesKey key : keys) {
      Long id = ids.getIfPresent(key);
      if (id == null) {
        unknown.add(key);
      } else {
        found.put(key, id);
      }
    }
    if (!unknown.isEmpty()) {
      Map<SeriesKey, Long> fresh = resolveUnknown(connection, unknown);
      ids.putAll(fresh);
      found.putAll(fresh);
    }
    return found;
  }

  private static Map<SeriesKey, Long> resolveUnknown(Connection connection, List<SeriesKey> keys)
      throws SQLException {
    long[] proposed = newIds(connection, keys.size());
    Map<Long, SeriesKey> open = new HashMap<>();
    Map<SeriesKey, Long> found = new HashMap<>();
    try (Statement statement = connection.createStatement()) {
      statement.execute(CREATE_WANTED);
      try (BinaryCopy copy = BinaryCopy.into(connection, COPY_WANTED)) {
        for (int i = 0; i < keys.size(); i++) {
          writeRow(copy, i, proposed[i], keys.get(i));
          open.put(proposed[i], keys.get(i));
        }
        copy.finish();
      }
      try (ResultSet inserted = statement.executeQuery(INSERT)) {
        while (inserted.next()) {
          long id = inserted.getLong(1);
          found.put(open.remove(id), id);
        }
      }
      if (!open.isEmpty()) {
        try (ResultSet others = statement.executeQuery(SELECT_OTHERS)) {
          while (others.next()) {
            found.put(keys.get(others.getInt(1)), others.getLong(2));
          }
        }
      }
    }
    connection.commit();
    if (found.size() != keys.size()) {
      throw new IllegalStateException(
          "of " + keys.size() + " series only " + found.size() + " were found after inserting");
    }
    return found;
  }

  /** Some columns of what is wanted as the elements of a series' key. */
  private static String array(List<Dimension> columns) {
    return columns.stream()
        .map(d -> "w.\"" + d.label() + '"')
        .collect(Collectors.joining(", ", "ARRAY[", "]"));
  }

  private static long[] newIds(Connection connection, int count) throws SQLException {
    long[] ids = new long[count];
    try (PreparedStatement select = connection.prepareStatement(NEW_IDS)) {
      select.setInt(1, count);
      try (ResultSet rows = select.executeQuery()) {
        for (int i = 0; rows.next(); i++) {
          ids[i] = rows.getLong(1);
        }
      }
    }
    return ids;
  }

  private static void writeRow(BinaryCopy copy, int position, long id, SeriesKey key)
      throws SQLException {
    copy.startRow(4 + COLUMNS.size());
    copy.integer(position);
    copy.bigint(id);
    copy.integer(key.tenantId());
    copy.int2(key.cuboid().code());
    // Both are in the order of the dimensions.
    int next = 0;
    for (Dimension dimension : COLUMNS) {
      if (key.cuboid().dimensions().contains(dimension)) {
        copy.integer(key.values()[next++]);
      } else {
        copy.nullValue();
      }
    }
  }
}
