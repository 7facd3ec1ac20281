package dev.tokenledger.alerting;

import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.database.Databases;
import dev.tokenledger.platform.database.Migrations;
import dev.tokenledger.platform.database.ServiceRole;
import dev.tokenledger.platform.lifecycle.ServiceStart;
import dev.tokenledger.platform.memory.ByteBudget;
import dev.tokenledger.platform.query.QueryService;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Default;
import java.util.List;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Starts the alerting service: migrates its schema. */
@Default
@Readiness
@ApplicationScoped
public class AlertingStart implements HealthCheck {
  /** Migrations, in their order. */
  static final List<String> SCRIPTS =
      List.of(
          "V1__alerting.sql",
          "V2__channels.sql",
          "V3__incidents.sql",
          "V4__rules.sql",
          "V5__guard.sql",
          "V6__anomalies.sql",
          "V7__budgets.sql",
          "V8__told.sql",
          "V9__deliveries.sql");

  /**
   * One for the reservations, which keep theirs, and two for requests; half of the loops and a
   * quarter of the delivery threads at the same time: their transactions are short, and what runs
   * between them (requests to channels above all) holds none.
   */
  private static final int CONNECTIONS = 1 + 2 + 5 + 4;

  private final Database database;
  private final QueryService queries;
  private final ServiceStart start;

  public AlertingStart(Databases databases, Migrations migrations, ByteBudget memory) {
    this.database = databases.open(ServiceRole.ALERTING, CONNECTIONS);
    this.queries = new QueryService(database, memory);
    this.start = new ServiceStart("alerting", () -> migrations.migrate("alerting", SCRIPTS));
  }

  /** The database as the alerting service sees it. */
  public Database database() {
    return database;
  }

  /** Questions to the ledger over these connections. */
  public QueryService queries() {
    return queries;
  }

  public boolean isDone() {
    return start.isDone();
  }

  void begin(@Observes StartupEvent event) {
    start.begin();
  }

  void end(@Observes ShutdownEvent event) {
    start.cancel();
  }

  @Override
  public HealthCheckResponse call() {
    return start.health();
  }
}
