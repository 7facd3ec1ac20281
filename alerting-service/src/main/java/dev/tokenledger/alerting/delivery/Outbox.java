package dev.tokenledger.alerting.delivery;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.alerting.notification.Notification;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
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
   * Writes one delivery for each channel that is not disabled, whatever its least severity: who
   * calls this has decided that it is told, and notes that it was. What is told of one condition,
   * by its dedupe key, reaches each channel in the order of these calls; so whoever tells its end
   * must have seen its beginning committed.
   *
   * @param channels where to; empty for all channels of the tenant
   */
  public void enqueue(
      Connection connection, int tenantId, List<UUID> channels, Notification notification)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO alerting.deliveries"
                + " (delivery_id, tenant_id, channel_id, type, dedupe_key, payload)"
                + " SELECT gen_random_uuid(), tenant_id, channel_id, ?, ?, ?"
                + " FROM alerting.channels"
                + " WHERE tenant_id = ? AND deleted_at IS NULL AND disabled_reason IS NULL"
                + " AND (? OR channel_id = ANY (?))")) {
      insert.setString(1, notification.type());
      insert.setString(2, notification.dedupeKey());
      insert.setString(3, write(notification));
      insert.setInt(4, tenantId);
      insert.setBoolean(5, channels.isEmpty());
      insert.setArray(6, connection.createArrayOf("uuid", channels.toArray()));
      insert.executeUpdate();
    }
  }

  /** Writes a delivery that somebody has asked for: whatever matters, and also when disabled. */
  UUID enqueueAnyway(Connection connection, int tenantId, UUID channel, Notification notification)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO alerting.deliveries"
                + " (delivery_id, tenant_id, channel_id, type, dedupe_key, payload)"
                + " VALUES (gen_random_uuid(), ?, ?, ?, ?, ?) RETURNING delivery_id")) {
      insert.setInt(1, tenantId);
      insert.setObject(2, channel);
      insert.setString(3, notification.type());
      insert.setString(4, notification.dedupeKey());
      insert.setString(5, write(notification));
      try (ResultSet row = insert.executeQuery()) {
        row.next();
        return row.getObject(1, UUID.class);
      }
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
