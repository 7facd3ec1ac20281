package dev.tokenledger.aggregation.settle;

import dev.tokenledger.aggregation.event.EventEncoder;
import dev.tokenledger.aggregation.event.EventIdentity;
import dev.tokenledger.aggregation.event.Inherited;
import dev.tokenledger.aggregation.settle.WrapperResolution.Decision;
import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.DimensionValues;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The hashes by which inherited users and sessions are counted, from the names behind their ids.
 */
public final class PersonHashes {
  private static final String SELECT =
      """
      SELECT w.tenant_id, w.dimension, w.value_id, d.value
      FROM unnest(?::integer[], ?::integer[], ?::integer[]) AS w (tenant_id, dimension, value_id)
        CROSS JOIN LATERAL (SELECT value FROM ledger.dimension_values
          WHERE tenant_id = w.tenant_id AND value_id = w.value_id AND dimension = w.dimension
          OFFSET 0) d
      """;

  private static final int USER = Inherited.DIMENSIONS.indexOf(Dimension.USER);
  private static final int SESSION = Inherited.DIMENSIONS.indexOf(Dimension.SESSION);

  private record Key(int tenantId, Dimension dimension, int id) {}

  private final Map<Key, Long> hashes;

  private PersonHashes(Map<Key, Long> hashes) {
    this.hashes = hashes;
  }

  /** Reads what some decisions need. */
  public static PersonHashes read(Connection connection, Map<EventIdentity, Decision> decisions)
      throws SQLException {
    Set<Key> keys = new HashSet<>();
    decisions.forEach(
        (identity, decision) -> {
          add(keys, identity.tenantId(), Dimension.USER, decision.inherited()[USER]);
          add(keys, identity.tenantId(), Dimension.SESSION, decision.inherited()[SESSION]);
        });
    Map<Key, Long> hashes = new HashMap<>();
    if (!keys.isEmpty()) {
      List<Key> ordered = List.copyOf(keys);
      try (PreparedStatement select = connection.prepareStatement(SELECT)) {
        select.setArray(
            1, connection.createArrayOf("integer", ordered.stream().map(Key::tenantId).toArray()));
        select.setArray(
            2,
            connection.createArrayOf(
                "integer", ordered.stream().map(key -> key.dimension.code()).toArray()));
        select.setArray(
            3, connection.createArrayOf("integer", ordered.stream().map(Key::id).toArray()));
        try (ResultSet row = select.executeQuery()) {
          while (row.next()) {
            Dimension dimension =
                row.getInt(2) == Dimension.USER.code() ? Dimension.USER : Dimension.SESSION;
            hashes.put(
                new Key(row.getInt(1), dimension, row.getInt(3)),
                EventEncoder.hash(row.getString(4)));
          }
        }
      }
    }
    return new PersonHashes(hashes);
  }

  private static void add(Set<Key> keys, int tenantId, Dimension dimension, int id) {
    if (id >= DimensionValues.FIRST_ID) {
      keys.add(new Key(tenantId, dimension, id));
    }
  }

  /**
   * @param ids in the order of {@link Inherited#DIMENSIONS}
   */
  public Inherited inherited(int tenantId, int[] ids) {
    return new Inherited(
        ids,
        hashes.getOrDefault(new Key(tenantId, Dimension.USER, ids[USER]), 0L),
        hashes.getOrDefault(new Key(tenantId, Dimension.SESSION, ids[SESSION]), 0L));
  }
}
