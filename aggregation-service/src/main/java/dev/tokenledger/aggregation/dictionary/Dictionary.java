package dev.tokenledger.aggregation.dictionary;

import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.DimensionValues;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of dimension values. Numbers are given once and never change, so they are remembered
 * without expiry and given in a transaction of their own: one that is rolled back must not leave a
 * number behind that nobody stored.
 *
 * <p>A value beyond the dimension's bound is {@link DimensionValues#OTHER_ID}, and the overflow is
 * noted for all to see. Thread-safe.
 */
public final class Dictionary {
  private static final Logger LOG = Logger.getLogger(Dictionary.class);

  private final RememberedNumbers remembered = new RememberedNumbers();

  /** Values that are to be looked up together, and where their numbers belong. */
  public static final class Missing {
    private final Map<Integer, Map<Dimension, Map<String, List<Place>>>> places = new TreeMap<>();

    private int names;

    /** What was asked last, since a batch's events are mostly of one tenant. */
    private int tenantId;

    private RememberedNumbers.@Nullable OfTenant values;

    private record Place(int[] ids, int index) {}

    private void add(int tenantId, Dimension dimension, String value, int[] ids, int index) {
      places
          .computeIfAbsent(tenantId, t -> new TreeMap<>())
          .computeIfAbsent(dimension, d -> new HashMap<>())
          .computeIfAbsent(value, this::newName)
          .add(new Place(ids, index));
      ids[index] = value.hashCode() | Integer.MIN_VALUE;
    }

    private List<Place> newName(String value) {
      names++;
      return new ArrayList<>();
    }

    /** The different names that wait for a number. */
    public int names() {
      return names;
    }

    public boolean isEmpty() {
      return places.isEmpty();
    }
  }

  /**
   * Puts the number of a value at its place in an array: now, or, when memory does not have it,
   * when what is {@code missing} is resolved. Until then a negative number stands there, which is
   * the same for equal values and hardly ever for others.
   *
   * @param value null for {@code (none)}
   */
  public void find(
      int tenantId,
      Dimension dimension,
      @Nullable String value,
      int[] ids,
      int index,
      Missing missing) {
    if (value == null) {
      ids[index] = DimensionValues.NONE_ID;
      return;
    }
    RememberedNumbers.@Nullable OfTenant values = missing.values;
    if (values == null || missing.tenantId != tenantId) {
      values = remembered.of(tenantId);
      missing.values = values;
      missing.tenantId = tenantId;
    }
    Integer id = values.find(dimension, value);
    if (id == null) {
      missing.add(tenantId, dimension, value, ids, index);
    } else {
      ids[index] = id;
    }
  }

  /**
   * Reads the numbers of the values and gives new ones where there are none, in one committed
   * transaction, and puts them at their places.
   */
  public void resolve(Connection connection, Missing missing) throws SQLException {
    Map<Integer, Map<Dimension, Map<String, Integer>>> found = new HashMap<>();
    for (var tenant : missing.places.entrySet()) {
      for (var dimension : tenant.getValue().entrySet()) {
        found
            .computeIfAbsent(tenant.getKey(), t -> new EnumMap<>(Dimension.class))
            .put(
                dimension.getKey(),
                resolve(
                    connection,
                    tenant.getKey(),
                    dimension.getKey(),
                    dimension.getValue().keySet()));
      }
    }
    connection.commit();
    found.forEach(remembered::remember);
    missing.places.forEach(
        (tenantId, dimensions) ->
            dimensions.forEach(
                (dimension, values) -> {
                  Map<String, Integer> ids = found.get(tenantId).get(dimension);
                  values.forEach(
                      (value, places) ->
                          places.forEach(place -> place.ids[place.index] = ids.get(value)));
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
            // One look-up for each value, whatever the planner thinks of the table's size.
            "SELECT w.value, d.value_id FROM unnest(?::text[]) AS w (value)"
                + " CROSS JOIN LATERAL (SELECT value_id FROM ledger.dimension_values"
                + " WHERE tenant_id = ? AND dimension = ? AND value = w.value OFFSET 0) d")) {
      select.setArray(1, connection.createArrayOf("text", wanted.toArray()));
      select.setInt(2, tenantId);
      select.setInt(3, dimension.code());
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
    keepNextId(connection, tenantId, dimension, next);
    if (next >= bound && ids.containsValue(DimensionValues.OTHER_ID)) {
      noteOverflow(connection, tenantId, dimension, unknown.get(unknown.size() - 1));
    }
  }

  private static int nextId(Connection connection, int tenantId, Dimension dimension)
      throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT next_id FROM ledger.dimension_sizes WHERE tenant_id = ? AND dimension = ?")) {
      select.setInt(1, tenantId);
      select.setInt(2, dimension.code());
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? row.getInt(1) : DimensionValues.FIRST_ID;
      }
    }
  }

  private static void keepNextId(
      Connection connection, int tenantId, Dimension dimension, int nextId) throws SQLException {
    try (PreparedStatement upsert =
        connection.prepareStatement(
            "INSERT INTO ledger.dimension_sizes (tenant_id, dimension, next_id) VALUES (?, ?, ?)"
                + " ON CONFLICT (tenant_id, dimension) DO UPDATE SET next_id = excluded.next_id")) {
      upsert.setInt(1, tenantId);
      upsert.setInt(2, dimension.code());
      upsert.setInt(3, nextId);
      upsert.executeUpdate();
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
