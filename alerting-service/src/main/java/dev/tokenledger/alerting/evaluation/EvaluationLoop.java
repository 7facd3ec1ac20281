package dev.tokenledger.alerting.evaluation;

import dev.tokenledger.alerting.AlertingConfig;
import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.budget.BudgetStore;
import dev.tokenledger.alerting.delivery.Outbox;
import dev.tokenledger.model.stream.StreamKeys;
import dev.tokenledger.platform.redis.BlockingRedis;
import dev.tokenledger.platform.redis.RedisUnavailableException;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Request;
import io.vertx.mutiny.redis.client.Response;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;
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
  private static final Duration BLOCK = Duration.ofMillis(500);

  /** A pause after each round, so that a busy ledger is looked at a few times a second. */
  private static final Duration PAUSE = Duration.ofMillis(200);

  private final Evaluation evaluation;
  private final BlockingRedis redis;
  private final AlertingStart start;
  private final Duration sweepInterval;
  private final Clock clock;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "budget-evaluation");
  private String position = "$";
  private Instant nextSweep = Instant.EPOCH;

  public EvaluationLoop(
      AlertingStart start,
      BudgetStore budgets,
      Outbox outbox,
      BlockingRedis redis,
      AlertingConfig config,
      Clock clock) {
    this.evaluation = new Evaluation(start.database(), budgets, outbox, clock);
    this.redis = redis;
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
      Set<Integer> tenants = changed();
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

  /** Tenants of which the ledger has said something since the last time. */
  private Set<Integer> changed() {
    Set<Integer> tenants = new TreeSet<>();
    try {
      Response answer =
          redis.send(
              Request.cmd(Command.XREAD)
                  .arg("COUNT")
                  .arg(1_000)
                  .arg("BLOCK")
                  .arg(BLOCK.toMillis())
                  .arg("STREAMS")
                  .arg(StreamKeys.CHANGES)
                  .arg(position));
      if (answer == null || answer.size() == 0) {
        return tenants;
      }
      for (Response entry : answer.get(0).get(1)) {
        position = entry.get(0).toString();
        tenants.add(entry.get(1).get(1).toInteger());
      }
    } catch (RedisUnavailableException e) {
      LOG.debugf("the change feed cannot be read; sweeps go on: %s", e.getMessage());
      position = "$";
    }
    return tenants;
  }
}
