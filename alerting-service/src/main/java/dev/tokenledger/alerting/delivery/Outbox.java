package dev.tokenledger.alerting.delivery;

import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;

/** Notifications that are to be sent, written in the transaction that is their cause. */
@ApplicationScoped
public class Outbox {

  /**
   * Writes one delivery for each channel.
   *
   * @param channels where to; empty for all channels of the tenant
   */
  public void enqueue(
      Connection connection, int tenantId, List<UUID> channels, String type, String payload)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO alerting.deliveries (delivery_id, tenant_id, channel_id, type, payload)"
                + " SELECT gen_random_uuid(), tenant_id, channel_id, ?, ? FROM alerting.channels"
                + " WHERE tenant_id = ? AND deleted_at IS NULL AND disabled_reason IS NULL"
                + " AND (? OR channel_id = ANY (?))")) {
      insert.setString(1, type);
      insert.setString(2, payload);
      insert.setInt(3, tenantId);
      insert.setBoolean(4, channels.isEmpty());
      insert.setArray(5, connection.createArrayOf("uuid", channels.toArray()));
      insert.executeUpdate();
    }
  }
}
