package dev.tokenledger.gateway;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;

/**
 * Tells the log that a service is away: once in a while for each, however many requests meet it.
 * How many did is in the metrics. Thread-safe.
 */
final class Outages {
  private static final Logger LOG = Logger.getLogger(Outages.class);
  private static final long PAUSE_NANOS = Duration.ofSeconds(10).toNanos();

  private final Map<Service, AtomicLong> lastTold = new EnumMap<>(Service.class);

  Outages() {
    for (Service service : Service.values()) {
      lastTold.put(service, new AtomicLong(System.nanoTime() - PAUSE_NANOS));
    }
  }

  void met(Service service, GatewayProblem problem, Throwable failure) {
    AtomicLong last = lastTold.get(service);
    long before = last.get();
    long now = System.nanoTime();
    if (now - before >= PAUSE_NANOS && last.compareAndSet(before, now)) {
      LOG.warnf("%s: %s, %s", service.label(), problem, failure.getMessage());
    } else {
      LOG.debugf(failure, "%s: %s", service.label(), problem);
    }
  }
}
