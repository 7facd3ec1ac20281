package dev.tokenledger.alerting.budget;

import dev.tokenledger.alerting.AlertingConfig;
import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.changes.TenantRounds;
import dev.tokenledger.alerting.incident.Incidents;
import dev.tokenledger.platform.loop.BackgroundLoop;
import dev.tokenledger.platform.redis.BlockingRedis;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.time.Duration;

/**
 * Evaluates when the ledger says that a tenant's numbers have changed, and all tenants from time to
 * time: a word that is lost is made up for by the next sweep.
 */
@ApplicationScoped
public class BudgetLoop {
  /** A pause after each round, so that a busy ledger is looked at a few times a second. */
  private static final Duration PAUSE = Duration.ofMillis(200);

  private final BudgetEvaluation evaluation;
  private final TenantRounds rounds;
  private final BackgroundLoop loop;

  public BudgetLoop(
      AlertingStart start,
      BudgetStore budgets,
      UnreadableBudgets unreadable,
      Incidents incidents,
      BlockingRedis redis,
      AlertingConfig config,
      MeterRegistry meters,
      Clock clock) {
    this.evaluation =
        new BudgetEvaluation(
            start.database(),
            budgets,
            new SpendReader(start.queries(), unreadable),
            incidents,
            clock);
    this.rounds = new TenantRounds(redis, config.sweepInterval(), clock);
    this.loop = new BackgroundLoop("budget-evaluation", PAUSE, start::isDone, this::round, meters);
  }

  void begin(@Observes StartupEvent event) {
    loop.start();
  }

  void end(@Observes ShutdownEvent event) throws InterruptedException {
    loop.stop();
  }

  private void round() {
    rounds.round(loop, "evaluation of budgets", evaluation::tenants, evaluation::evaluate);
  }
}
