package dev.tokenledger.aggregation.deadletter;

import dev.tokenledger.model.event.EventHeader;
import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.model.stream.AdmittedBatch;
import dev.tokenledger.model.stream.Block;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.ZoneOffset;

/** The table of events in dead letters, by which their tenant sees them. */
public final class DeadEvents {
  private static final String INSERT =
      """
      INSERT INTO ledger.dead_events (tenant_id, block_id, event_id, event_time, source, reason)
      VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (tenant_id, block_id) DO UPDATE
      SET reason = excluded.reason, died_at = now()
      """;

  private DeadEvents() {}

  /**
   * Notes the events of a block, within the caller's transaction.
   *
   * @param reason the last failure
   */
  public static void note(Connection connection, Block block, String reason) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      for (AdmittedBatch batch : block.batches()) {
        for (UsageEvent event : batch.events()) {
          EventHeader header = event.header();
          insert.setInt(1, batch.tenantId());
          insert.setObject(2, block.id());
          insert.setString(3, header.id());
          insert.setObject(4, header.time().atOffset(ZoneOffset.UTC));
          insert.setString(5, batch.source());
          insert.setString(6, reason.replace('\0', ' '));
          insert.addBatch();
        }
      }
      insert.executeBatch();
    }
  }
}
