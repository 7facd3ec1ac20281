package dev.tokenledger.alerting.authorization;

import dev.tokenledger.alerting.AlertingConfig;
import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.changes.ChangedTenants;
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
 * Brings what Redis holds of the guards up to the ledger when that says that something has changed,
 * and from time to time anyhow: leases end, periods begin, and a word may be lost.
 */
@ApplicationScoped
class GuardLoop {
  private static final Logger LOG = Logger.getLogger(GuardLoop.class);

  /** A pause after each round, so that a busy ledger is read a few times a second. */
  private static final Duration PAUSE = Duration.ofMillis(200);

  private final Guards guards;
  private final ChangedTenants changes;
  private final AlertingStart start;
  private final Duration sweepInterval;
  private final Clock clock;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "guard");
  private Instant nextSweep = Instant.EPOCH;

  GuardLoop(
      Guards guards, AlertingStart start, BlockingRedis redis, AlertingConfig config, Clock clock) {
    this.guards = guards;
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
        tenants.addAll(guards.tenants());
        nextSweep = clock.instant().plus(sweepInterval);
      }
      tenants.forEach(guards::refresh);
    } catch (RuntimeException e) {
      // The next round reads the same absolute values; nothing is missed by waiting for it.
      LOG.warnf("what is left of budgets will be read again: %s", e.getMessage());
      LOG.debugf(e, "guard");
      nextSweep = Instant.EPOCH;
    }
  }
}
