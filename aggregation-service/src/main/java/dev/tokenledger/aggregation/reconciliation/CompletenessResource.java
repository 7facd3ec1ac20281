package dev.tokenledger.aggregation.reconciliation;

import dev.tokenledger.aggregation.AggregationStart;
import dev.tokenledger.aggregation.settle.SettlementProgress;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.identity.CurrentCaller;
import dev.tokenledger.platform.identity.Scope;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.smallrye.common.annotation.Blocking;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** What each source sent and what became of it, so that loss is seen here first. */
@Path("/v1/ledger/completeness")
@Blocking
@RolesAllowed(Scope.READ_ROLE)
@Tag(name = "Ledger", description = "What is counted, and proof that it is exact")
public class CompletenessResource {
  private static final int MAX_HOURS = 24 * 90;

  private final CurrentCaller caller;
  private final Database database;
  private final SettlementProgress progress;
  private final Clock clock;

  public CompletenessResource(
      CurrentCaller caller, AggregationStart settle, SettlementProgress progress, Clock clock) {
    this.progress = progress;
    this.caller = caller;
    this.database = settle.database();
    this.clock = clock;
  }

  /**
   * One source.
   *
   * @param received accepted and rejected events
   * @param stored accepted events that were new
   * @param duplicates accepted events that were there already
   * @param rejections rejected events by reason
   * @param silentSeconds time since it last sent
   * @param maxLagMs longest time from admission to settlement
   * @param silentHours hours between its first and last in which it sent nothing
   */
  public record Source(
      String source,
      long received,
      long accepted,
      long rejected,
      long stored,
      long duplicates,
      long amended,
      Map<String, Long> rejections,
      Instant firstAdmittedAt,
      Instant lastAdmittedAt,
      @Nullable Instant lastEventAt,
      long silentSeconds,
      long maxLagMs,
      long silentHours) {}

  /**
   * @param lostBlocks numbers missing in the sequences of the processes that wrote the blocks,
   *     since the start of the period; zero unless a stream has lost something
   * @param deadEvents accepted events that could not be settled and are kept as dead letters, of
   *     whatever time
   * @param standingStill since when nothing is settled, and why; null while settlement goes on
   */
  public record Completeness(
      Instant since,
      List<Source> sources,
      long lostBlocks,
      List<DeadEvents> deadEvents,
      SettlementProgress.@Nullable StandingStill standingStill) {}

  /**
   * Accepted events of one source that could not be settled for one reason.
   *
   * @param since when the first of them was given up
   */
  public record DeadEvents(String source, String reason, long events, Instant since) {}

  @GET
  @Operation(summary = "What each source sent, and what became of it")
  public Completeness get(@QueryParam("hours") @DefaultValue("24") int hours) {
    if (hours < 1 || hours > MAX_HOURS) {
      throw new ProblemException(
              ProblemCode.INVALID_PARAMETER, "'hours' must be from 1 to " + MAX_HOURS + ".")
          .with("parameter", "hours");
    }
    Instant since = clock.instant().minus(Duration.ofHours(hours));
    int tenantId = caller.get().tenantId();
    return database.snapshotAsTenant(
        tenantId,
        connection ->
            new Completeness(
                since,
                sources(connection, tenantId, since),
                lostBlocks(connection, since),
                deadEvents(connection, tenantId),
                progress.standingStill().orElse(null)));
  }

  private static List<DeadEvents> deadEvents(Connection connection, int tenantId)
      throws SQLException {
    List<DeadEvents> dead = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT source, reason, count(*), min(died_at) FROM ledger.dead_events"
                + " WHERE tenant_id = ? GROUP BY source, reason ORDER BY 3 DESC, 1, 2 LIMIT 100")) {
      select.setInt(1, tenantId);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          dead.add(
              new DeadEvents(
                  row.getString(1),
                  row.getString(2),
                  row.getLong(3),
                  row.getTimestamp(4).toInstant()));
        }
      }
    }
    return dead;
  }

  private List<Source> sources(Connection connection, int tenantId, Instant since)
      throws SQLException {
    Map<String, Map<String, Long>> rejections = rejections(connection, tenantId, since);
    List<Source> sources = new ArrayList<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT source, sum(received), sum(accepted), sum(rejected), sum(stored),"
                + " sum(duplicates), sum(amended), min(first_admitted_at), max(last_admitted_at),"
                + " max(last_event_at), max(max_lag_ms),"
                + " extract(epoch FROM max(hour) - min(hour))::bigint / 3600 + 1 - count(*)"
                + " FROM ledger.completeness WHERE tenant_id = ? AND hour >= ?"
                + " GROUP BY source ORDER BY source LIMIT 1000")) {
      select.setInt(1, tenantId);
      select.setTimestamp(2, Timestamp.from(since));
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          Instant last = row.getTimestamp(9).toInstant();
          Timestamp event = row.getTimestamp(10);
          sources.add(
              new Source(
                  row.getString(1),
                  row.getLong(2),
                  row.getLong(3),
                  row.getLong(4),
                  row.getLong(5),
                  row.getLong(6),
                  row.getLong(7),
                  rejections.getOrDefault(row.getString(1), Map.of()),
                  row.getTimestamp(8).toInstant(),
                  last,
                  event == null ? null : event.toInstant(),
                  Math.max(0, Duration.between(last, clock.instant()).toSeconds()),
                  row.getLong(11),
                  row.getLong(12)));
        }
      }
    }
    return sources;
  }

  private static Map<String, Map<String, Long>> rejections(
      Connection connection, int tenantId, Instant since) throws SQLException {
    Map<String, Map<String, Long>> rejections = new TreeMap<>();
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT source, reason, sum(count) FROM ledger.rejections"
                + " WHERE tenant_id = ? AND hour >= ? GROUP BY source, reason"
                + " ORDER BY source, reason LIMIT 20000")) {
      select.setInt(1, tenantId);
      select.setTimestamp(2, Timestamp.from(since));
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          rejections
              .computeIfAbsent(row.getString(1), s -> new TreeMap<>())
              .put(row.getString(2), row.getLong(3));
        }
      }
    }
    return rejections;
  }

  /** Blocks settle out of order within moments, so the youngest are not asked about. */
  private static long lostBlocks(Connection connection, Instant since) throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT coalesce(sum(missing), 0) FROM (SELECT max(sequence) - min(sequence) + 1"
                + " - count(DISTINCT sequence) AS missing FROM ledger.settled_blocks WHERE settled_at >= ?"
                + " AND settled_at < now() - interval '1 minute' GROUP BY shard, writer) w")) {
      select.setTimestamp(1, Timestamp.from(since));
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }
}
