package dev.tokenledger.aggregation.settle;

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

/** The table of requests to price a period anew. */
final class RepricingRequests {
  private RepricingRequests() {}

  /** A request to be carried out. */
  record Request(
      UUID id, int tenantId, Instant start, Instant end, @Nullable String model, String actor) {}

  /** A request and what has become of it; amounts in nano-dollars. */
  record Listed(
      UUID id,
      String status,
      Instant start,
      Instant end,
      @Nullable String model,
      String actor,
      Instant createdAt,
      @Nullable Instant finishedAt,
      long eventsExamined,
      long eventsChanged,
      long costBefore,
      long costAfter) {}

  static void add(Connection connection, Request request) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO ledger.repricings (repricing_id, tenant_id, request, actor) VALUES"
                + " (?, ?, jsonb_build_object('start', ?::text, 'end', ?::text, 'model', ?::text),"
                + " ?)")) {
      insert.setObject(1, request.id);
      insert.setInt(2, request.tenantId);
      insert.setString(3, request.start.toString());
      insert.setString(4, request.end.toString());
      insert.setString(5, request.model);
      insert.setString(6, request.actor);
      insert.execute();
    }
  }

  /** The oldest request that is not done; one that a crash has interrupted begins again. */
  static Optional<Request> next(Connection connection) throws SQLException {
    try (PreparedStatement select =
            connection.prepareStatement(
                "SELECT repricing_id, tenant_id, request->>'start', request->>'end',"
                    + " request->>'model', actor FROM ledger.repricings"
                    + " WHERE status IN ('pending', 'running') ORDER BY created_at LIMIT 1");
        ResultSet row = select.executeQuery()) {
      return row.next()
          ? Optional.of(
              new Request(
                  row.getObject(1, UUID.class),
                  row.getInt(2),
                  Instant.parse(row.getString(3)),
                  Instant.parse(row.getString(4)),
                  row.getString(5),
                  row.getString(6)))
          : Optional.empty();
    }
  }

  static void finish(
      Connection connection, UUID id, long examined, long changed, long before, long after)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE ledger.repricings SET status = 'done', finished_at = now(),"
                + " events_examined = ?, events_changed = ?, cost_before_nanos = ?,"
                + " cost_after_nanos = ? WHERE repricing_id = ?")) {
      update.setLong(1, examined);
      update.setLong(2, changed);
      update.setLong(3, before);
      update.setLong(4, after);
      update.setObject(5, id);
      update.execute();
    }
    connection.commit();
  }

  static List<Listed> list(Connection connection, int tenantId, int limit) throws SQLException {
    List<Listed> requests = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT repricing_id, status, request->>'start', request->>'end', request->>'model',"
                + " actor, created_at, finished_at, events_examined, events_changed,"
                + " cost_before_nanos, cost_after_nanos FROM ledger.repricings"
                + " WHERE tenant_id = ? ORDER BY created_at DESC LIMIT ?")) {
      select.setInt(1, tenantId);
      select.setInt(2, limit);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          Timestamp finished = row.getTimestamp(8);
          requests.add(
              new Listed(
                  row.getObject(1, UUID.class),
                  row.getString(2),
                  Instant.parse(row.getString(3)),
                  Instant.parse(row.getString(4)),
                  row.getString(5),
                  row.getString(6),
                  row.getTimestamp(7).toInstant(),
                  finished == null ? null : finished.toInstant(),
                  row.getLong(9),
                  row.getLong(10),
                  row.getLong(11),
                  row.getLong(12)));
        }
      }
    }
    return requests;
  }
}
