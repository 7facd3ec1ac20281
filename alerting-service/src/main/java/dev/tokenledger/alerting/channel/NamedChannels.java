package dev.tokenledger.alerting.channel;

import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.problem.ProblemException;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The channels that budgets and rules name must be there: notifications of one that names another
 * would reach nobody.
 */
@ApplicationScoped
public class NamedChannels {
  private final Database database;

  public NamedChannels(AlertingStart start) {
    this.database = start.database();
  }

  /**
   * @param ids what a request names in its field {@code channels}; null and empty are fine
   * @throws ProblemException naming the first that the tenant does not have
   */
  public void check(int tenantId, @Nullable List<UUID> ids) {
    if (ids == null || ids.isEmpty()) {
      return;
    }
    Set<UUID> there =
        database.asTenant(
            tenantId,
            connection -> {
              try (PreparedStatement select =
                  connection.prepareStatement(
                      "SELECT channel_id FROM alerting.channels"
                          + " WHERE tenant_id = ? AND deleted_at IS NULL")) {
                select.setInt(1, tenantId);
                try (ResultSet rows = select.executeQuery()) {
                  Set<UUID> found = new HashSet<>();
                  while (rows.next()) {
                    found.add(rows.getObject(1, UUID.class));
                  }
                  return found;
                }
              }
            });
    for (UUID id : ids) {
      if (!there.contains(id)) {
        throw ProblemException.invalidField(
            "channels",
            "There is no channel " + id + ". GET /v1/alerts/channels lists those there are.");
      }
    }
  }
}
