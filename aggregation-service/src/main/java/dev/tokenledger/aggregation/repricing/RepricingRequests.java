package dev.tokenledger.aggregation.repricing;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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
      long costAfter,
      @Nullable String error) {}

  /** What has become of the wish to cancel a request. */
  enum Cancelled {
    YES,
    FINISHED,
    UNKNOWN
  }

  /** The error of a request that was cancelled; the schema knows no status of its own for it. */
  private static final String CANCELLED = "cancelled";

  /** A request that fails this often is not tried again. */
  private static final int MAX_ATTEMPTS = 3;

  private static final int MAX_ERROR = 500;

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

  /** How many of a tenant's requests are not finished. */
  static int unfinished(Connection connection, int tenantId) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT count(*) FROM ledger.repricings WHERE tenant_id = ?"
                + " AND status IN ('pending', 'running')")) {
      select.setInt(1, tenantId);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getInt(1);
      }
    }
  }

  /**
   * The oldest request that is not done; one that a crash has interrupted begins again.
   *
   * @param tried those that are not to be tried again now
   */
  static Optional<Request> next(Connection connection, Set<UUID> tried) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT repricing_id, tenant_id, request->>'start', request->>'end',"
                + " request->>'model', actor FROM ledger.repricings"
                + " WHERE status IN ('pending', 'running') AND repricing_id <> ALL (?)"
                + " ORDER BY created_at LIMIT 1")) {
      select.setArray(1, connection.createArrayOf("uuid", tried.toArray()));
      try (ResultSet row = select.executeQuery()) {
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
  }

  /** Whether a request is still to be carried out. */
  static boolean isWanted(Connection connection, UUID id) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT 1 FROM ledger.repricings WHERE repricing_id = ?"
                + " AND status IN ('pending', 'running')")) {
      select.setObject(1, id);
      try (ResultSet row = select.executeQuery()) {
        return row.next();
      }
    }
  }

  /** Cancels a request that is not finished. */
  static Cancelled cancel(Connection connection, int tenantId, UUID id) throws SQLException {
    try (PreparedStatement update =
            connection.prepareStatement(
                "UPDATE ledger.repricings SET status = 'failed', error = ?, finished_at = now()"
                    + " WHERE tenant_id = ? AND repricing_id = ?"
                    + " AND status IN ('pending', 'running')");
        PreparedStatement select =
            connection.prepareStatement(
                "SELECT 1 FROM ledger.repricings WHERE tenant_id = ? AND repricing_id = ?")) {
      update.setString(1, CANCELLED);
      update.setInt(2, tenantId);
      update.setObject(3, id);
      if (update.executeUpdate() == 1) {
        return Cancelled.YES;
      }
      select.setInt(1, tenantId);
      select.setObject(2, id);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? Cancelled.FINISHED : Cancelled.UNKNOWN;
      }
    }
  }

  /**
   * Notes that a request could not be carried out, and gives it up after some attempts; commits.
   *
   * @return whether it was given up
   */
  static boolean failed(Connection connection, UUID id, String error) throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE ledger.repricings SET error = ?,"
                + " cursor = jsonb_build_object('attempts',"
                + " coalesce((cursor->>'attempts')::int, 0) + 1),"
                + " status = CASE WHEN coalesce((cursor->>'attempts')::int, 0) + 1 >= ?"
                + " THEN 'failed' ELSE status END,"
                + " finished_at = CASE WHEN coalesce((cursor->>'attempts')::int, 0) + 1 >= ?"
                + " THEN now() END"
                + " WHERE repricing_id = ? AND status IN ('pending', 'running')"
                + " RETURNING status = 'failed'")) {
      String clean = error.replace("\0", "");
      update.setString(1, clean.length() > MAX_ERROR ? clean.substring(0, MAX_ERROR) : clean);
      update.setInt(2, MAX_ATTEMPTS);
      update.setInt(3, MAX_ATTEMPTS);
      update.setObject(4, id);
      boolean given;
      try (ResultSet row = update.executeQuery()) {
        given = row.next() && row.getBoolean(1);
      }
      connection.commit();
      return given;
    }
  }

  static void finish(
      Connection connection, UUID id, long examined, long changed, long before, long after)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE ledger.repricings SET status = 'done', error = NULL, finished_at = now(),"
                + " events_examined = ?, events_changed = ?, cost_before_nanos = ?,"
                + " cost_after_nanos = ? WHERE repricing_id = ?"
                + " AND status IN ('pending', 'running')")) {
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
                + " cost_before_nanos, cost_after_nanos, error FROM ledger.repricings"
                + " WHERE tenant_id = ? ORDER BY created_at DESC LIMIT ?")) {
      select.setInt(1, tenantId);
      select.setInt(2, limit);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          Timestamp finished = row.getTimestamp(8);
          String error = row.getString(13);
          boolean cancelled = row.getString(2).equals("failed") && CANCELLED.equals(error);
          requests.add(
              new Listed(
                  row.getObject(1, UUID.class),
                  cancelled ? CANCELLED : row.getString(2),
                  Instant.parse(row.getString(3)),
                  Instant.parse(row.getString(4)),
                  row.getString(5),
                  row.getString(6),
                  row.getTimestamp(7).toInstant(),
                  finished == null ? null : finished.toInstant(),
                  row.getLong(9),
                  row.getLong(10),
                  row.getLong(11),
                  row.getLong(12),
                  cancelled ? null : error));
        }
      }
    }
    return requests;
  }
}
