package dev.tokenledger.alerting.delivery;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.alerting.notification.Notification;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.UUID;

/** Notifications that are to be sent, written in the transaction that is their cause. */
@ApplicationScoped
public class Outbox {
  private final ObjectMapper json;

  public Outbox(ObjectMapper json) {
    this.json = json;
  }

  /**
   * Writes one delivery for each channel.
   *
   * @param channels where to; empty for all channels of the tenant
   */
  public void enqueue(
      Connection connection, int tenantId, List<UUID> channels, Notification notification)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO alerting.deliveries"
                + " (delivery_id, tenant_id, channel_id, type, payload)"
                + " SELECT gen_random_uuid(), tenant_id, channel_id, ?, ?"
                + " FROM alerting.channels"
                + " WHERE tenant_id = ? AND deleted_at IS NULL AND disabled_reason IS NULL"
                + " AND (? OR channel_id = ANY (?))")) {
      insert.setString(1, notification.type());
      insert.setString(2, write(notification));
      insert.setInt(3, tenantId);
      insert.setBoolean(4, channels.isEmpty());
      insert.setArray(5, connection.createArrayOf("uuid", channels.toArray()));
      insert.executeUpdate();
    }
  }

  private String write(Notification notification) {
    try {
      return json.writeValueAsString(notification);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a notification cannot be written as JSON", e);
    }
  }
}
