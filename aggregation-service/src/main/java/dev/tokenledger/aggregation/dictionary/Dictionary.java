package dev.tokenledger.aggregation.dictionary;

import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.DimensionValues;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of dimension values. Numbers are given once and never change, so they are kept in
 * memory without expiry and given in a transaction of their own: one that is rolled back must not
 * leave a number behind that nobody stored.
 *
 * <p>A value beyond the dimension's bound is {@link DimensionValues#OTHER_ID}, and the overflow is
 * noted for all to see. Thread-safe.
 */
public final class Dictionary {
  private static final Logger LOG = Logger.getLogger(Dictionary.class);

  /**
   * Values kept in memory for each tenant and dimension. Beyond it the memory is emptied and filled
   * again from the table: users and sessions of months need not stay.
   */
  private static final int MAX_IN_MEMORY = 200_000;

  private final Map<Integer, Map<Dimension, Map<String, Integer>>> tenants =
      new ConcurrentHashMap<>();

  /** Values that are to be looked up together. */
  public static final class Missing {
    private final Map<Integer, Map<Dimension, Set<String>>> values = new TreeMap<>();

    void add(int tenantId, Dimension dimension, String value) {
      values
          .computeIfAbsent(tenantId, t -> new TreeMap<>())
          .computeIfAbsent(dimension, d -> new HashSet<>())
          .add(value);
    }

    public boolean isEmpty() {
      return values.isEmpty();
    }
  }

  /**
   * The number of a value, or -1 and a note in {@code missing} when memory does not have it.
   *
   * @param value null for {@code (none)}
   */
  public int find(int tenantId, Dimension dimension, @Nullable String value, Missing missing) {
    if (value == null) {
      return DimensionValues.NONE_ID;
    }
    Integer id = values(tenantId, dimension).get(value);
    if (id == null) {
      missing.add(tenantId, dimension, value);
      return -1;
    }
    return id;
  }

  /**
   * Reads the numbers of the values and gives new ones where there are none, in one committed
   * transaction. Afterwards {@link #find} knows them all.
   */
  public void resolve(Connection connection, Missing missing) throws SQLException {
    Map<Integer, Map<Dimension, Map<String, Integer>>> found = new HashMap<>();
    for (Map.Entry<Integer, Map<Dimension, Set<String>>> tenant : missing.values.entrySet()) {
      for (Map.Entry<Dimension, Set<String>> entry : tenant.getValue().entrySet()) {
        found
            .computeIfAbsent(tenant.getKey(), t -> new HashMap<>())
            .put(
                entry.getKey(),
                resolve(connection, tenant.getKey(), entry.getKey(), entry.getValue()));
      }
    }
    connection.commit();
    found.forEach(
        (tenantId, dimensions) ->
            dimensions.forEach(
                (dimension, ids) -> {
                  Map<String, Integer> memory = values(tenantId, dimension);
                  if (memory.size() + ids.size() > MAX_IN_MEMORY) {
                    memory.clear();
                  }
                  memory.putAll(ids);
                }));
  }

  /**
   * The number of one value, given within the caller's transaction when there is none; not kept in
   * memory, since that transaction may be rolled back.
   */
  public static int idWithin(Connection connection, int tenantId, Dimension dimension, String value)
      throws SQLException {
    return resolve(connection, tenantId, dimension, Set.of(value)).get(value);
  }

  private Map<String, Integer> values(int tenantId, Dimension dimension) {
    return tenants
        .computeIfAbsent(tenantId, t -> new ConcurrentHashMap<>())
        .computeIfAbsent(dimension, d -> new ConcurrentHashMap<>());
  }

  private static Map<String, Integer> resolve(
      Connection connection, int tenantId, Dimension dimension, Set<String> wanted)
      throws SQLException {
    // One giver of numbers at a time for each dictionary; locks are taken in key order everywhere.
    try (PreparedStatement lock =
        connection.prepareStatement("SELECT pg_advisory_xact_lock(?, ?)")) {
      lock.setInt(1, 730_582_000 + dimension.code());
      lock.setInt(2, tenantId);
      lock.execute();
    }
    Map<String, Integer> ids = select(connection, tenantId, dimension, wanted);
    List<String> unknown = new ArrayList<>();
    for (String value : wanted) {
      if (!ids.containsKey(value)) {
        unknown.add(value);
      }
    }
    if (!unknown.isEmpty()) {
      insert(connection, tenantId, dimension, unknown, ids);
    }
    return ids;
  }

  private static Map<String, Integer> select(
      Connection connection, int tenantId, Dimension dimension, Set<String> wanted)
      throws SQLException {
    Map<String, Integer> ids = new HashMap<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT value, value_id FROM ledger.dimension_values"
                + " WHERE tenant_id = ? AND dimension = ? AND value = ANY (?)")) {
      select.setInt(1, tenantId);
      select.setInt(2, dimension.code());
      select.setArray(3, connection.createArrayOf("text", wanted.toArray()));
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          ids.put(rows.getString(1), rows.getInt(2));
        }
      }
    }
    return ids;
  }

  private static void insert(
      Connection connection,
      int tenantId,
      Dimension dimension,
      List<String> unknown,
      Map<String, Integer> ids)
      throws SQLException {
    int next = nextId(connection, tenantId, dimension);
    int bound = DimensionValues.FIRST_ID + dimension.maxValues();
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO ledger.dimension_values (tenant_id, dimension, value_id, value)"
                + " VALUES (?, ?, ?, ?)")) {
      for (String value : unknown) {
        if (next >= bound) {
          ids.put(value, DimensionValues.OTHER_ID);
          continue;
        }
        insert.setInt(1, tenantId);
        insert.setInt(2, dimension.code());
        insert.setInt(3, next);
        insert.setString(4, value);
        insert.addBatch();
        ids.put(value, next++);
      }
      insert.executeBatch();
    }
    if (next >= bound && ids.containsValue(DimensionValues.OTHER_ID)) {
      noteOverflow(connection, tenantId, dimension, unknown.get(unknown.size() - 1));
    }
  }

  private static int nextId(Connection connection, int tenantId, Dimension dimension)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT coalesce(max(value_id) + 1, ?) FROM ledger.dimension_values"
                + " WHERE tenant_id = ? AND dimension = ?")) {
      select.setInt(1, DimensionValues.FIRST_ID);
      select.setInt(2, tenantId);
      select.setInt(3, dimension.code());
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getInt(1);
      }
    }
  }

  private static void noteOverflow(
      Connection connection, int tenantId, Dimension dimension, String example)
      throws SQLException {
    LOG.warnf(
        "dimension %s of tenant %d has reached its bound of %d values; more are counted as (other)",
        dimension.label(), tenantId, dimension.maxValues());
    try (PreparedStatement upsert =
        connection.prepareStatement(
            "INSERT INTO ledger.dimension_overflow (tenant_id, dimension, example) VALUES (?, ?, ?)"
                + " ON CONFLICT (tenant_id, dimension) DO UPDATE SET last_at = now()")) {
      upsert.setInt(1, tenantId);
      upsert.setInt(2, dimension.code());
      upsert.setString(3, example);
      upsert.execute();
    }
  }
}
