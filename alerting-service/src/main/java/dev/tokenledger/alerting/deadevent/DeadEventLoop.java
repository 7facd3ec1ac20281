package dev.tokenledger.alerting.deadevent;

import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.incident.Condition;
import dev.tokenledger.alerting.incident.Incidents;
import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.alerting.notification.Severity;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.loop.BackgroundLoop;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Alerts each tenant whose accepted events could not be settled, and resolves the alert when they
 * are settled after all. Its numbers miss these events, so nobody should have to look for them.
 */
@ApplicationScoped
class DeadEventLoop {
  static final String SOURCE = "ledger";
  private static final String KEY = "ledger:dead-events";
  private static final Duration PAUSE = Duration.ofSeconds(5);

  private static final String TENANTS = "SELECT tenant_id FROM admission.tenants";

  private static final String DEAD =
      """
      SELECT count(*), min(died_at), (array_agg(event_id ORDER BY died_at DESC))[1],
        (array_agg(reason ORDER BY died_at DESC))[1]
      FROM ledger.dead_events WHERE tenant_id = ?
      """;

  private final Database database;
  private final Incidents incidents;
  private final BackgroundLoop loop;

  DeadEventLoop(AlertingStart start, Incidents incidents, MeterRegistry meters) {
    this.database = start.database();
    this.incidents = incidents;
    this.loop = new BackgroundLoop("dead-events", PAUSE, start::isDone, this::round, meters);
  }

  void begin(@Observes StartupEvent event) {
    loop.start();
  }

  void end(@Observes ShutdownEvent event) throws InterruptedException {
    loop.stop();
  }

  /**
   * @param since when the first of them was given up
   * @param example the id of the latest
   * @param reason why it could not be settled
   */
  private record Dead(long events, @Nullable Instant since, String example, String reason) {}

  private void round() {
    for (int tenantId : database.asService(DeadEventLoop::tenants)) {
      if (loop.isStopping()) {
        return;
      }
      // One tenant must not keep the others from being looked at.
      loop.attempt(
          "look for dead events of tenant " + tenantId,
          () ->
              database.asTenant(
                  tenantId,
                  connection -> {
                    look(connection, tenantId);
                    return null;
                  }));
    }
  }

  private void look(Connection connection, int tenantId) throws SQLException {
    Dead dead = dead(connection, tenantId);
    if (dead.since != null) {
      incidents.report(connection, condition(tenantId, dead, dead.since));
    } else if (!incidents.openKeys(connection, tenantId, SOURCE, null).isEmpty()) {
      incidents.clear(connection, tenantId, KEY, "all accepted events are settled");
    }
  }

  private static Condition condition(int tenantId, Dead dead, Instant since) {
    String events = dead.events == 1 ? "1 accepted event" : dead.events + " accepted events";
    return new Condition(
        tenantId,
        KEY,
        SOURCE,
        null,
        // Escalates with each power of ten.
        Long.toString(dead.events).length(),
        Severity.HIGH,
        "ledger.dead_events",
        events + " could not be settled",
        "All numbers miss "
            + (dead.events == 1 ? "it" : "them")
            + ". The latest is "
            + dead.example
            + ": "
            + dead.reason
            + ". Dead letters are listed with their reasons, and replayed, under"
            + " /v1/ledger/dead-letters.",
        Map.of("alertname", "DeadEvents"),
        List.of(
            new Notification.Fact("Events", Long.toString(dead.events)),
            new Notification.Fact("Since", since.toString())),
        Map.of("dead_events", dead.events, "since", since.toString(), "reason", dead.reason),
        List.of());
  }

  private static Dead dead(Connection connection, int tenantId) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(DEAD)) {
      select.setInt(1, tenantId);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return new Dead(
            row.getLong(1),
            row.getTimestamp(2) == null ? null : row.getTimestamp(2).toInstant(),
            row.getString(3) == null ? "" : row.getString(3),
            row.getString(4) == null ? "" : row.getString(4));
      }
    }
  }

  private static List<Integer> tenants(Connection connection) throws SQLException {
    List<Integer> tenants = new ArrayList<>();
    try (PreparedStatement select = connection.prepareStatement(TENANTS);
        ResultSet row = select.executeQuery()) {
      while (row.next()) {
        tenants.add(row.getInt(1));
      }
    }
    return tenants;
  }
}
