package dev.tokenledger.alerting.evaluation;

import dev.tokenledger.alerting.AlertingConfig;
import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.budget.BudgetStore;
import dev.tokenledger.alerting.budget.SpendReader;
import dev.tokenledger.alerting.changes.ChangedTenants;
import dev.tokenledger.alerting.incident.Incidents;
import dev.tokenledger.platform.redis.BlockingRedis;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Evaluates when the ledger says that a tenant's numbers have changed, and all tenants from time to
 * time: a word that is lost is made up for by the next sweep.
 */
@ApplicationScoped
public class EvaluationLoop {
  private static final Logger LOG = Logger.getLogger(EvaluationLoop.class);

  /** A pause after each round, so that a busy ledger is looked at a few times a second. */
  private static final Duration PAUSE = Duration.ofMillis(200);

  private final Evaluation evaluation;
  private final ChangedTenants changes;
  private final AlertingStart start;
  private final Duration sweepInterval;
  private final Clock clock;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "budget-evaluation");
  private Instant nextSweep = Instant.EPOCH;

  public EvaluationLoop(
      AlertingStart start,
      BudgetStore budgets,
      Incidents incidents,
      BlockingRedis redis,
      AlertingConfig config,
      Clock clock) {
    this.evaluation =
        new Evaluation(
            start.database(), budgets, new SpendReader(start.queries()), incidents, clock);
    this.changes = new ChangedTenants(redis);
    this.start = start;
    this.sweepInterval = config.sweepInterval();
    this.clock = clock;
  }

  void begin(@Observes StartupEvent event) {
    thread.start();
  }

  void end(@Observes ShutdownEvent event) throws InterruptedException {
    stopped.countDown();
    thread.join(TimeUnit.SECONDS.toMillis(10));
  }

  private void run() {
    try {
      while (!stopped.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
        if (start.isDone()) {
          round();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void round() {
    try {
      Set<Integer> tenants = changes.next();
      if (!clock.instant().isBefore(nextSweep)) {
        tenants.addAll(evaluation.tenants());
        nextSweep = clock.instant().plus(sweepInterval);
      }
      tenants.forEach(evaluation::evaluate);
    } catch (RuntimeException e) {
      // The next sweep reads the same absolute values; nothing is missed by waiting for it.
      LOG.warnf("budgets will be evaluated again: %s", e.getMessage());
      LOG.debugf(e, "evaluation");
      nextSweep = Instant.EPOCH;
    }
  }
}
