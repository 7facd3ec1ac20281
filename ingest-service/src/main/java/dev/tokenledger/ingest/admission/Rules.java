package dev.tokenledger.ingest.admission;

import dev.tokenledger.model.price.PriceBook;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.pricing.PriceBooks;
import dev.tokenledger.platform.pricing.PriceTable;
import dev.tokenledger.platform.privacy.Pseudonyms;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Prices, privacy rules and quotas in memory, so that admitting an event needs no I/O. Read again
 * when the revision of the admission schema has grown. What was read stays in use while the
 * database is away. Thread-safe.
 */
public final class Rules {
  private final Database database;
  private final PriceBooks prices;

  private volatile @Nullable Snapshot snapshot;

  private record Snapshot(long revision, PriceBook book, Map<Integer, TenantRules> tenants) {}

  public Rules(Database database, PriceBooks prices) {
    this.database = database;
    this.prices = prices;
  }

  /** Reads everything again if anything has changed. Blocks. */
  public synchronized void refresh() {
    Snapshot current = snapshot;
    snapshot =
        database.asService(
            connection -> {
              long revision = PriceTable.revision(connection);
              return current != null && current.revision == revision
                  ? current
                  : new Snapshot(
                      revision, prices.book(connection), readTenants(connection, current));
            });
  }

  public boolean isLoaded() {
    return snapshot != null;
  }

  /** The prices of now. */
  public PriceBook book() {
    return loaded().book;
  }

  TenantRules tenant(int tenantId) {
    TenantRules rules = loaded().tenants.get(tenantId);
    if (rules == null) {
      // The tenant was made after the last look, by another process.
      refresh();
      rules = loaded().tenants.get(tenantId);
    }
    if (rules == null) {
      throw new IllegalStateException("tenant " + tenantId + " has no privacy rules");
    }
    return rules;
  }

  private Snapshot loaded() {
    Snapshot current = snapshot;
    if (current == null) {
      throw ProblemException.retryable(
          ProblemCode.NOT_READY,
          "Prices and privacy rules have not been read yet.",
          Duration.ofSeconds(1),
          null);
    }
    return current;
  }

  private static Map<Integer, TenantRules> readTenants(
      Connection connection, @Nullable Snapshot before) throws SQLException {
    Map<Integer, TenantRules> tenants = new HashMap<>();
    try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT p.tenant_id, p.pseudonym_key, p.masked_attributes, q.events_per_minute"
                    + " FROM admission.privacy p LEFT JOIN admission.quotas q USING (tenant_id)");
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        int tenantId = rows.getInt(1);
        TenantRules known = before == null ? null : before.tenants.get(tenantId);
        // A tenant's key never changes, so the pseudonyms computed so far stay good.
        Pseudonyms pseudonyms =
            known == null ? new Pseudonyms(rows.getBytes(2)) : known.pseudonyms();
        Array masked = rows.getArray(3);
        long quota = rows.getLong(4);
        tenants.put(
            tenantId,
            new TenantRules(
                pseudonyms, Set.of((String[]) masked.getArray()), rows.wasNull() ? null : quota));
      }
    }
    return Map.copyOf(tenants);
  }
}
