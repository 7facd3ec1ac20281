package dev.tokenledger.platform.query;

import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.DimensionValues;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The dictionary of dimension values, both ways. An id keeps its value for ever, so those that were
 * read stay in memory, within a bound of bytes. Thread-safe.
 */
final class DimensionNames {
  /** A long name is a kilobyte; most take some thirty letters. */
  private static final long MAX_REMEMBERED_BYTES = 3 * 1024 * 1024;

  /** Key, entry and string. */
  private static final int BYTES_BESIDE_LETTERS = 136;

  private static final int FETCH_ROWS = 5_000;

  private final Map<Key, String> remembered = new ConcurrentHashMap<>();
  private final AtomicLong rememberedBytes = new AtomicLong();

  private record Key(int tenantId, Dimension dimension, int id) {}

  /** The ids of values; a value that never occurred has none. */
  List<Integer> ids(
      Connection connection, int tenantId, Dimension dimension, Collection<String> values)
      throws SQLException {
    List<Integer> ids = new ArrayList<>();
    if (values.contains(DimensionValues.NONE)) {
      ids.add(DimensionValues.NONE_ID);
    }
    if (values.contains(DimensionValues.OTHER)) {
      ids.add(DimensionValues.OTHER_ID);
    }
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT value_id FROM ledger.dimension_values"
                + " WHERE tenant_id = ? AND dimension = ? AND value = ANY (?)")) {
      select.setInt(1, tenantId);
      select.setInt(2, dimension.code());
      select.setArray(3, connection.createArrayOf("text", values.toArray()));
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          ids.add(rows.getInt(1));
        }
      }
    }
    return ids;
  }

  /** The values of ids. */
  Map<Integer, String> values(
      Connection connection, int tenantId, Dimension dimension, Collection<Integer> ids)
      throws SQLException {
    Map<Integer, String> values = new HashMap<>();
    Set<Integer> unknown = new HashSet<>();
    for (int id : ids) {
      if (id == DimensionValues.NONE_ID) {
        values.put(id, DimensionValues.NONE);
      } else if (id == DimensionValues.OTHER_ID) {
        values.put(id, DimensionValues.OTHER);
      } else {
        String value = remembered.get(new Key(tenantId, dimension, id));
        if (value == null) {
          unknown.add(id);
        } else {
          values.put(id, value);
        }
      }
    }
    if (!unknown.isEmpty()) {
      read(connection, tenantId, dimension, unknown, values);
    }
    return values;
  }

  private void read(
      Connection connection,
      int tenantId,
      Dimension dimension,
      Set<Integer> ids,
      Map<Integer, String> values)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT value_id, value FROM ledger.dimension_values"
                + " WHERE tenant_id = ? AND dimension = ? AND value_id = ANY (?)")) {
      select.setInt(1, tenantId);
      select.setInt(2, dimension.code());
      select.setFetchSize(FETCH_ROWS);
      select.setArray(3, connection.createArrayOf("integer", ids.toArray()));
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          values.put(rows.getInt(1), rows.getString(2));
          remember(new Key(tenantId, dimension, rows.getInt(1)), rows.getString(2));
        }
      }
    }
  }

  private void remember(Key key, String value) {
    int bytes = BYTES_BESIDE_LETTERS + value.length();
    if (rememberedBytes.addAndGet(bytes) > MAX_REMEMBERED_BYTES) {
      remembered.clear();
      rememberedBytes.set(bytes);
    }
    remembered.put(key, value);
  }

  /** Values that begin with a prefix, in order, for pickers. */
  List<String> list(
      Connection connection, int tenantId, Dimension dimension, String prefix, int limit)
      throws SQLException {
    List<String> values = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT value FROM ledger.dimension_values WHERE tenant_id = ? AND dimension = ?"
                + " AND starts_with(lower(value), lower(?)) ORDER BY value LIMIT ?")) {
      select.setInt(1, tenantId);
      select.setInt(2, dimension.code());
      select.setString(3, prefix);
      select.setInt(4, limit);
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          values.add(rows.getString(1));
        }
      }
    }
    return values;
  }
}
