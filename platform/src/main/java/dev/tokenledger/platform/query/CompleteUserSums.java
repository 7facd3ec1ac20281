package dev.tokenledger.platform.query;

import dev.tokenledger.model.rollup.UserSpan;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.EnumMap;
import java.util.Map;

/** Until when the sums of users are added up. */
public final class CompleteUserSums {
  private CompleteUserSums() {}

  /** The end of the last bucket of each length; a length of which there is none yet is missing. */
  public static Map<UserSpan, Instant> read(Connection connection, int tenantId)
      throws SQLException {
    Map<UserSpan, Instant> complete = new EnumMap<>(UserSpan.class);
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT hours, until FROM ledger.user_sums_complete WHERE tenant_id = ?")) {
      select.setInt(1, tenantId);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          complete.put(
              UserSpan.ofHours(row.getInt(1)), row.getObject(2, OffsetDateTime.class).toInstant());
        }
      }
    }
    return complete;
  }
}
