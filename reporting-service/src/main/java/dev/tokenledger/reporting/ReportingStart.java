package dev.tokenledger.reporting;

import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.database.Databases;
import dev.tokenledger.platform.database.ServiceRole;
import dev.tokenledger.platform.lifecycle.NotYetException;
import dev.tokenledger.platform.lifecycle.ServiceStart;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Default;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Starts the reporting service, which is ready once it can read the ledger. */
@Default
@Readiness
@ApplicationScoped
public class ReportingStart implements HealthCheck {
  private final Database database;
  private final ServiceStart start;

  public ReportingStart(Databases databases, ReportingConfig config) {
    this.database = databases.open(ServiceRole.REPORTING, config.maxConnections());
    this.start = new ServiceStart("reporting", this::readLedger);
  }

  /** The ledger as the reporting service sees it: read only, one tenant at a time. */
  public Database database() {
    return database;
  }

  private void readLedger() {
    database.asService(
        connection -> {
          try (PreparedStatement exists =
                  connection.prepareStatement(
                      "SELECT to_regclass('ledger.freshness') IS NOT NULL");
              ResultSet row = exists.executeQuery()) {
            row.next();
            if (!row.getBoolean(1)) {
              throw new NotYetException("the tables of the ledger, which the aggregation makes");
            }
          }
          try (PreparedStatement select =
              connection.prepareStatement("SELECT 1 FROM ledger.freshness LIMIT 1")) {
            return select.execute();
          }
        });
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
