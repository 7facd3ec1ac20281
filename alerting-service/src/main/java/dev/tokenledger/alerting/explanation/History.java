package dev.tokenledger.alerting.explanation;

import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.platform.database.Database;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Optional;

/** Since when a tenant's ledger has anything: before that, nothing is not zero but unknown. */
@ApplicationScoped
public class History {
  private final Database database;

  public History(AlertingStart start) {
    this.database = start.database();
  }

  /** The start of the first hour in which something happened; empty where nothing ever did. */
  public Optional<Instant> start(int tenantId) {
    return database.asTenant(
        tenantId,
        connection -> {
          try (PreparedStatement select =
              connection.prepareStatement(
                  "SELECT min(bucket) FROM "
                      + Grain.HOUR.rollupTable()
                      + " WHERE tenant_id = ? AND cuboid = ?")) {
            select.setInt(1, tenantId);
            select.setInt(2, Cuboid.PROJECT_TOTAL.code());
            try (ResultSet row = select.executeQuery()) {
              Timestamp first = row.next() ? row.getTimestamp(1) : null;
              return Optional.ofNullable(first).map(Timestamp::toInstant);
            }
          }
        });
  }
}
