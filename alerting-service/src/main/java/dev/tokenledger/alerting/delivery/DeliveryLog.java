package dev.tokenledger.alerting.delivery;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Deliveries and their attempts, as people read them. */
final class DeliveryLog {
  /** Only a delivery that was replayed again and again has more. */
  private static final int MAX_ATTEMPTS = 200;

  private static final String COLUMNS =
      "delivery_id, channel_id, type, status, attempts, created_at,"
          + " CASE WHEN status = 'pending' THEN next_attempt_at END AS next_attempt_at,"
          + " delivered_at, last_status, last_error, sequence";

  private DeliveryLog() {}

  /** What a list shows, and where in the order of all deliveries it stands. */
  record Entry(DeliveriesResource.Delivery delivery, long sequence) {}

  /**
   * Deliveries of a tenant, the latest first.
   *
   * @param status only these, or null for all
   * @param channel only to this one, or null for all
   * @param before only those before this place in the order, or null from the latest on
   */
  static List<Entry> page(
      Connection connection,
      int tenantId,
      int limit,
      @Nullable String status,
      @Nullable UUID channel,
      @Nullable Long before)
      throws SQLException {
    StringBuilder sql =
        new StringBuilder("SELECT " + COLUMNS + " FROM alerting.deliveries WHERE tenant_id = ?");
    if (status != null) {
      sql.append(" AND status = ?");
    }
    if (channel != null) {
      sql.append(" AND channel_id = ?");
    }
    if (before != null) {
      sql.append(" AND sequence < ?");
    }
    sql.append(" ORDER BY sequence DESC LIMIT ?");
    List<Entry> entries = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(sql.toString())) {
      int next = 1;
      select.setInt(next++, tenantId);
      if (status != null) {
        select.setString(next++, status);
      }
      if (channel != null) {
        select.setObject(next++, channel);
      }
      if (before != null) {
        select.setLong(next++, before);
      }
      select.setInt(next, limit);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          entries.add(new Entry(delivery(row), row.getLong("sequence")));
        }
      }
    }
    return entries;
  }

  static Optional<DeliveriesResource.DeliveryDetail> find(
      Connection connection, int tenantId, UUID id) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT "
                + COLUMNS
                + ", payload FROM alerting.deliveries WHERE tenant_id = ? AND delivery_id = ?")) {
      select.setInt(1, tenantId);
      select.setObject(2, id);
      try (ResultSet row = select.executeQuery()) {
        return row.next()
            ? Optional.of(
                new DeliveriesResource.DeliveryDetail(
                    delivery(row), row.getString("payload"), attempts(connection, id)))
            : Optional.empty();
      }
    }
  }

  private static List<DeliveriesResource.Attempted> attempts(Connection connection, UUID id)
      throws SQLException {
    List<DeliveriesResource.Attempted> attempts = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT started_at, duration_ms, outcome, status, error"
                + " FROM alerting.delivery_attempts WHERE delivery_id = ?"
                + " ORDER BY started_at DESC LIMIT ?")) {
      select.setObject(1, id);
      select.setInt(2, MAX_ATTEMPTS);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          attempts.add(
              0,
              new DeliveriesResource.Attempted(
                  row.getTimestamp(1).toInstant(),
                  row.getObject(2, Long.class),
                  row.getString(3),
                  row.getObject(4, Integer.class),
                  row.getString(5)));
        }
      }
    }
    return attempts;
  }

  private static DeliveriesResource.Delivery delivery(ResultSet row) throws SQLException {
    return new DeliveriesResource.Delivery(
        row.getObject("delivery_id", UUID.class),
        row.getObject("channel_id", UUID.class),
        row.getString("type"),
        row.getString("status"),
        row.getInt("attempts"),
        row.getTimestamp("created_at").toInstant(),
        instant(row.getTimestamp("next_attempt_at")),
        instant(row.getTimestamp("delivered_at")),
        row.getObject("last_status", Integer.class),
        row.getString("last_error"));
  }

  private static @Nullable Instant instant(@Nullable Timestamp time) {
    return time == null ? null : time.toInstant();
  }
}
