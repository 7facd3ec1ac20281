package dev.tokenledger.alerting.anomaly;

import dev.tokenledger.alerting.AlertingConfig;
import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.explanation.Explainer;
import dev.tokenledger.alerting.incident.Incidents;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.platform.loop.BackgroundLoop;
import io.micrometer.core.instrument.MeterRegistry;
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

/**
 * Has each tenant's usage fed once an hour, when the hour is over and the ledger has all of it. A
 * round that fails is made again.
 */
@ApplicationScoped
class WatchLoop {
  private static final Duration PAUSE = Duration.ofSeconds(5);

  private final AnomalyWatcher watching;
  private final UsageSource usage;
  private final boolean enabled;
  private final Duration delay;
  private final Clock clock;
  private final BackgroundLoop loop;

  // The loop's thread alone uses what follows.

  /** The end of the last hour that was fed, by tenant. */
  private final Map<Integer, Instant> fed = new HashMap<>();

  /** Whether there is nothing to be done any more. */
  private boolean ended;

  WatchLoop(
      AlertingStart start,
      LedgerUsage usage,
      Explainer explainer,
      Incidents incidents,
      AlertingConfig config,
      MeterRegistry meters,
      Clock clock) {
    this.watching =
        new AnomalyWatcher(
            start.database(),
            usage,
            explainer::explain,
            incidents,
            HourlyDetection.settings(config.anomalies().alarmScore()),
            clock);
    this.usage = usage;
    this.enabled = config.anomalies().enabled();
    this.delay = config.anomalies().delay();
    this.clock = clock;
    this.loop = new BackgroundLoop("anomaly-watch", PAUSE, start::isDone, this::round, meters);
  }

  void begin(@Observes StartupEvent event) {
    loop.start();
  }

  void end(@Observes ShutdownEvent event) throws InterruptedException {
    loop.stop();
  }

  private void round() {
    if (ended) {
      return;
    }
    if (!enabled) {
      watching.endAll();
      ended = true;
      return;
    }
    Instant end = Grain.HOUR.floor(clock.instant().minus(delay));
    List<Integer> tenants = usage.tenants();
    fed.keySet().retainAll(tenants);
    for (int tenantId : tenants) {
      if (!loop.isStopping() && fed.getOrDefault(tenantId, Instant.MIN).isBefore(end)) {
        // One tenant must not keep the others from being looked at.
        loop.attempt("watch for anomalies of tenant " + tenantId, () -> feed(tenantId, end));
      }
    }
  }

  private void feed(int tenantId, Instant end) {
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
  }
}
