package dev.tokenledger.alerting.authorization;

import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.guard.AuthorizationRequest;
import dev.tokenledger.alerting.loopguard.LoopGuard;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.query.Granularity;
import dev.tokenledger.platform.query.Period;
import dev.tokenledger.platform.query.Query;
import dev.tokenledger.platform.query.QueryService;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a session or trace has done so far, from the ledger: where its counters begin when Redis
 * does not know it. A run is known to the ledger by its trace.
 */
@ApplicationScoped
class LoopHistory {
  private static final Duration LOOK_BACK = Duration.ofDays(2);

  private final Database database;
  private final QueryService queries;
  private final Clock clock;

  LoopHistory(AlertingStart start, Clock clock) {
    this.database = start.database();
    this.queries = start.queries();
    this.clock = clock;
  }

  /** Calls that were made, and their cost in nano-dollars. */
  record Counts(long calls, long costNanos) {}

  /** The counts of each guard's session, trace or run. Blocks. */
  Map<LoopGuard, Counts> of(AuthorizationRequest request, List<LoopGuard> guards) {
    Map<LoopGuard, Counts> counts = new HashMap<>();
    database.snapshotAsTenant(
        request.tenantId(),
        connection -> {
          for (LoopGuard guard : guards) {
            counts.put(
                guard,
                guard.per() == LoopGuard.Per.SESSION
                    ? ofSession(connection, request)
                    : ofTrace(connection, request.tenantId(), request.traceId()));
          }
          return null;
        });
    return counts;
  }

  private Counts ofSession(Connection connection, AuthorizationRequest request)
      throws SQLException {
    Instant now = clock.instant();
    String session = request.subject().get("session");
    Query query =
        new Query(
            Query.measures(List.of("model_calls", "cost_usd")),
            List.of(),
            Query.filters(Map.of("session", List.of(String.valueOf(session)))),
            Granularity.NONE,
            new Period(now.minus(LOOK_BACK), now, ZoneId.of("UTC")),
            null,
            false,
            1,
            false);
    long calls = 0;
    long nanos = 0;
    for (QueryService.Cell cell : queries.cells(connection, request.tenantId(), query).cells()) {
      calls += cell.sums().get(Measure.MODEL_CALLS);
      nanos = Math.addExact(nanos, cell.sums().get(Measure.COST));
    }
    return new Counts(calls, nanos);
  }

  private Counts ofTrace(Connection connection, int tenantId, @Nullable String trace)
      throws SQLException {
    if (trace == null) {
      return new Counts(0, 0);
    }
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT coalesce(sum(model_calls), 0)::bigint, coalesce(sum(cost_nanos), 0)::bigint"
                + " FROM ledger.events WHERE tenant_id = ? AND trace_id = ? AND trace_id IS NOT NULL"
                + " AND counted AND time >= ?")) {
      select.setInt(1, tenantId);
      select.setString(2, trace);
      select.setTimestamp(3, Timestamp.from(clock.instant().minus(LOOK_BACK)));
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return new Counts(row.getLong(1), row.getLong(2));
      }
    }
  }
}
