package dev.tokenledger.aggregation.dictionary;

import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.platform.database.BinaryCopy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * The numbers of series, given once like those of the {@link Dictionary}. Thread-safe.
 *
 * <p>Series need no bound of their own: they are bounded by the values of their dimensions and by
 * the combinations that really occur.
 */
public final class SeriesCatalogue {
  private static final int MAX_IN_MEMORY = 500_000;

  /** The dimensions that the table of series has a column for. */
  static final List<Dimension> COLUMNS =
      Arrays.stream(Dimension.values())
          .filter(d -> d.code() <= Dimension.TAG_VALUE.code())
          .toList();

  private static final String COLUMN_NAMES =
      COLUMNS.stream().map(d -> '"' + d.label() + '"').collect(Collectors.joining(", "));

  private static final String COLUMN_DEFINITIONS =
      COLUMNS.stream().map(d -> '"' + d.label() + "\" integer").collect(Collectors.joining(", "));

  private static final String CREATE_WANTED =
      "CREATE TEMPORARY TABLE IF NOT EXISTS series_wanted (position integer, tenant_id integer,"
          + " cuboid smallint, "
          + COLUMN_DEFINITIONS
          + ") ON COMMIT DELETE ROWS";

  private static final String COPY_WANTED = "COPY pg_temp.series_wanted FROM STDIN (FORMAT binary)";

  private static final String INSERT =
      "INSERT INTO ledger.series (tenant_id, series_id, cuboid, "
          + COLUMN_NAMES
          + ") SELECT tenant_id, nextval('ledger.series_ids'), cuboid, "
          + COLUMN_NAMES
          + " FROM (SELECT * FROM pg_temp.series_wanted ORDER BY tenant_id, cuboid, "
          + COLUMN_NAMES
          + ") w ON CONFLICT (tenant_id, cuboid, key) DO NOTHING";

  private static final String SELECT =
      "SELECT w.position, s.series_id FROM pg_temp.series_wanted w JOIN ledger.series s"
          + " ON s.tenant_id = w.tenant_id AND s.cuboid = w.cuboid AND s.key = ARRAY["
          + COLUMNS.stream().map(d -> "w.\"" + d.label() + '"').collect(Collectors.joining(", "))
          + "]";

  private final Map<SeriesKey, Long> ids = new ConcurrentHashMap<>();

  /**
   * The numbers of the given series. New ones are given in one committed transaction of their own,
   * so the connection must not be within another.
   */
  public Map<SeriesKey, Long> resolve(Connection connection, Collection<SeriesKey> keys)
      throws SQLException {
    Map<SeriesKey, Long> found = new HashMap<>();
    List<SeriesKey> unknown = new ArrayList<>();
    for (SeriesKey key : keys) {
      Long id = ids.get(key);
      if (id == null) {
        unknown.add(key);
      } else {
        found.put(key, id);
      }
    }
    if (!unknown.isEmpty()) {
      Map<SeriesKey, Long> fresh = resolveUnknown(connection, unknown);
      if (ids.size() + fresh.size() > MAX_IN_MEMORY) {
        ids.clear();
      }
      ids.putAll(fresh);
      found.putAll(fresh);
    }
    return found;
  }

  private static Map<SeriesKey, Long> resolveUnknown(Connection connection, List<SeriesKey> keys)
      throws SQLException {
    BinaryCopy copy = new BinaryCopy(keys.size() * 160);
    for (int i = 0; i < keys.size(); i++) {
      writeRow(copy, i, keys.get(i));
    }
    Map<SeriesKey, Long> found = new HashMap<>();
    try (Statement statement = connection.createStatement()) {
      statement.execute(CREATE_WANTED);
      copy.send(connection, COPY_WANTED);
      statement.executeUpdate(INSERT);
      try (ResultSet rows = statement.executeQuery(SELECT)) {
        while (rows.next()) {
          found.put(keys.get(rows.getInt(1)), rows.getLong(2));
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

  private static void writeRow(BinaryCopy copy, int position, SeriesKey key) {
    copy.startRow(3 + COLUMNS.size());
    copy.integer(position);
    copy.integer(key.tenantId());
    copy.int2(key.cuboid().code());
    for (Dimension dimension : COLUMNS) {
      if (key.cuboid().dimensions().contains(dimension)) {
        copy.integer(key.values()[dimension.ordinal()]);
      } else {
        copy.nullValue();
      }
    }
  }
}
