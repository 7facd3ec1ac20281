package dev.tokenledger.ingest;

import dev.tokenledger.ingest.admission.Admission;
import dev.tokenledger.ingest.admission.Rules;
import dev.tokenledger.platform.PlatformConfig;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.database.Databases;
import dev.tokenledger.platform.database.Migrations;
import dev.tokenledger.platform.database.ServiceRole;
import dev.tokenledger.platform.identity.ApiKeys;
import dev.tokenledger.platform.lifecycle.ServiceStart;
import dev.tokenledger.platform.pricing.PriceBooks;
import dev.tokenledger.platform.problem.ProblemException;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.scheduler.Scheduled;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Default;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.jboss.logging.Logger;

/** Starts the ingest service: migrates its schema, makes the first tenant, loads its rules. */
@Default
@Readiness
@ApplicationScoped
public class IngestStart implements HealthCheck {
  private static final Logger LOG = Logger.getLogger(IngestStart.class);

  private final Database database;
  private final Rules rules;
  private final Admission admission;
  private final ServiceStart start;

  public IngestStart(
      Databases databases,
      Migrations migrations,
      PlatformConfig platform,
      IngestConfig config,
      ApiKeys keys,
      PriceBooks prices,
      Clock clock) {
    this.database = databases.open(ServiceRole.INGEST, 6);
    this.rules = new Rules(database, prices);
    this.admission = new Admission(rules, config, clock);
    this.start =
        new ServiceStart(
            "ingest",
            () -> {
              migrations.migrate(
                  "admission",
                  List.of("V1__admission.sql", "V2__guard.sql", "V3__repeated_prices.sql"));
              new FirstTenant(database)
                  .ensure(
                      platform.identity().defaultTenant(),
                      platform.identity().bootstrapFile().map(Path::of));
              rules.refresh();
              keys.refresh();
            });
  }

  public Admission admission() {
    return admission;
  }

  public Rules rules() {
    return rules;
  }

  /** The database as the ingest service sees it. */
  public Database database() {
    return database;
  }

  void begin(@Observes StartupEvent event) {
    start.begin();
  }

  void end(@Observes ShutdownEvent event) {
    start.cancel();
  }

  @Scheduled(
      identity = "ingest-rules-refresh",
      every = "${tokenledger.ingest.refresh-interval:1s}",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  void refreshRules() {
    if (!start.isDone()) {
      return;
    }
    try {
      rules.refresh();
    } catch (ProblemException e) {
      LOG.warnf("prices and rules could not be refreshed; those known hold: %s", e.getMessage());
    }
  }

  @Override
  public HealthCheckResponse call() {
    return start.health();
  }
}
