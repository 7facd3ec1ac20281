package dev.tokenledger.alerting.watch;

import dev.tokenledger.alerting.AlertingConfig;
import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.explanation.Explainer;
import dev.tokenledger.alerting.incident.Incidents;
import dev.tokenledger.model.rollup.Grain;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Has each tenant's usage fed once an hour, when the hour is over and the ledger has all of it. A
 * round that fails is made again.
 */
@ApplicationScoped
class WatchLoop {
  private static final Logger LOG = Logger.getLogger(WatchLoop.class);
  private static final Duration PAUSE = Duration.ofSeconds(5);

  private final Watching watching;
  private final UsageSource usage;
  private final AlertingStart start;
  private final boolean enabled;
  private final Duration delay;
  private final Clock clock;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "anomaly-watch");

  /** The end of the last hour that was fed, by tenant. The loop's thread alone uses it. */
  private final Map<Integer, Instant> fed = new HashMap<>();

  WatchLoop(
      AlertingStart start,
      LedgerUsage usage,
      Explainer explainer,
      Incidents incidents,
      AlertingConfig config,
      Clock clock) {
    this.watching =
        new Watching(
            start.database(),
            usage,
            explainer::explain,
            incidents,
            Feeding.settings(config.anomalies().alarmScore()),
            clock);
    this.usage = usage;
    this.start = start;
    this.enabled = config.anomalies().enabled();
    this.delay = config.anomalies().delay();
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
      boolean ended = false;
      while (!stopped.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
        if (start.isDone() && !ended) {
          ended = round();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns whether there is nothing to be done any more. */
  private boolean round() {
    try {
      if (!enabled) {
        watching.endAll();
        return true;
      }
      Instant end = Grain.HOUR.floor(clock.instant().minus(delay));
      List<Integer> tenants = usage.tenants();
      fed.keySet().retainAll(tenants);
      for (int tenantId : tenants) {
        if (stopped.getCount() > 0 && fed.getOrDefault(tenantId, Instant.MIN).isBefore(end)) {
          feed(tenantId, end);
        }
      }
    } catch (RuntimeException e) {
      LOG.warnf("anomalies will be looked for again: %s", e.getMessage());
      LOG.debugf(e, "watch for anomalies");
    }
    return false;
  }

  private void feed(int tenantId, Instant end) {
    try {
      Optional<Instant> through = usage.dataThrough(tenantId);
      if (through.isPresent() && through.get().isBefore(end)) {
        return;
      }
      if (through.isPresent()) {
        watching.feed(tenantId, end);
      }
      // A ledger that is empty now is left alone until the next hour: whoever begins with sending
      // what was before should be done by then, so that all of it is history.
      fed.put(tenantId, end);
    } catch (RuntimeException e) {
      // One tenant must not keep the others from being looked at.
      LOG.warnf("tenant %d will be looked at for anomalies again: %s", tenantId, e.getMessage());
      LOG.debugf(e, "watch for anomalies of tenant %d", tenantId);
    }
  }
}
