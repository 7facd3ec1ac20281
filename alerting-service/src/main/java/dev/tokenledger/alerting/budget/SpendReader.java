package dev.tokenledger.alerting.budget;

import dev.tokenledger.model.rollup.BucketPlan;
import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.Grain;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Reads what was spent within a scope and period from the smallest rollup that has the scope's
 * dimensions; exact to the grain of that rollup, which is the minute, and the hour where people are
 * in the scope.
 */
public final class SpendReader {
  /** The dimensions that a scope may name. */
  static final Map<String, Dimension> DIMENSIONS = new LinkedHashMap<>();

  static {
    for (Dimension dimension :
        EnumSet.of(
            Dimension.PROJECT,
            Dimension.ENVIRONMENT,
            Dimension.PROVIDER,
            Dimension.MODEL,
            Dimension.AGENT,
            Dimension.FEATURE,
            Dimension.PROMPT,
            Dimension.USER)) {
      DIMENSIONS.put(dimension.label(), dimension);
    }
  }

  private SpendReader() {}

  /** The rollup that covers a scope; empty when its dimensions are not kept together. */
  static Optional<Cuboid> cuboid(Map<String, String> scope) {
    EnumSet<Dimension> needed = EnumSet.noneOf(Dimension.class);
    scope.keySet().forEach(name -> needed.add(DIMENSIONS.get(name)));
    return Arrays.stream(Cuboid.values())
        .filter(c -> c != Cuboid.TAG && c.covers(needed))
        .findFirst();
  }

  /** Reads within the caller's transaction, which must be the tenant's. */
  public static Spend read(Connection connection, Budget budget, BudgetPeriod period)
      throws SQLException {
    Cuboid cuboid =
        cuboid(budget.scope())
            .orElseThrow(() -> new IllegalStateException("no rollup covers budget " + budget.id()));
    Map<Dimension, Integer> ids = new EnumMap<>(Dimension.class);
    for (Map.Entry<String, String> entry : budget.scope().entrySet()) {
      Dimension dimension = DIMENSIONS.get(entry.getKey());
      Optional<Integer> id = id(connection, budget.tenantId(), dimension, entry.getValue());
      if (id.isEmpty()) {
        // Nobody has reported the value yet.
        return new Spend(0, 0);
      }
      ids.put(dimension, id.get());
    }
    BucketPlan plan =
        BucketPlan.cover(period.start(), period.end(), cuboid.finestGrain(), Grain.DAY);
    long nanos = 0;
    long unpriced = 0;
    for (BucketPlan.Run run : plan.runs()) {
      Spend part = read(connection, budget.tenantId(), cuboid, run, ids);
      nanos = Math.addExact(nanos, part.nanos());
      unpriced += part.unpricedCalls();
    }
    return new Spend(nanos, unpriced);
  }

  private static Optional<Integer> id(
      Connection connection, int tenantId, Dimension dimension, String value) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT value_id FROM ledger.dimension_values"
                + " WHERE tenant_id = ? AND dimension = ? AND value = ?")) {
      select.setInt(1, tenantId);
      select.setInt(2, dimension.code());
      select.setString(3, value);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? Optional.of(row.getInt(1)) : Optional.empty();
      }
    }
  }

  private static Spend read(
      Connection connection,
      int tenantId,
      Cuboid cuboid,
      BucketPlan.Run run,
      Map<Dimension, Integer> ids)
      throws SQLException {
    StringBuilder sql =
        new StringBuilder(
            "SELECT coalesce(sum(r.cost_nanos), 0), coalesce(sum(r.unpriced_calls), 0) FROM ");
    sql.append(run.grain().rollupTable()).append(" r");
    if (!ids.isEmpty()) {
      sql.append(
          " JOIN ledger.series s ON s.tenant_id = r.tenant_id AND s.series_id = r.series_id");
    }
    sql.append(" WHERE r.tenant_id = ? AND r.cuboid = ? AND r.bucket >= ? AND r.bucket < ?");
    ids.keySet().forEach(d -> sql.append(" AND s.\"").append(d.label()).append("\" = ?"));
    try (PreparedStatement select = connection.prepareStatement(sql.toString())) {
      select.setInt(1, tenantId);
      select.setInt(2, cuboid.code());
      select.setObject(3, run.from().atOffset(ZoneOffset.UTC));
      select.setObject(4, run.until().atOffset(ZoneOffset.UTC));
      int at = 5;
      for (int id : ids.values()) {
        select.setInt(at++, id);
      }
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return new Spend(row.getBigDecimal(1).longValueExact(), row.getLong(2));
      }
    }
  }
}
