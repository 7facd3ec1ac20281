package dev.tokenledger.alerting.delivery;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.alerting.AlertingConfig;
import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.channel.ChannelSecrets;
import dev.tokenledger.alerting.receiver.DeliveryOutcome;
import dev.tokenledger.alerting.receiver.Senders;
import dev.tokenledger.platform.loop.BackgroundLoop;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Sends what is due. One thread claims, a bounded number of others send; a channel has one of them
 * at most, so that a receiver that is slow holds up nobody but itself.
 */
@ApplicationScoped
public class DeliveryLoop {
  private static final Logger LOG = Logger.getLogger(DeliveryLoop.class);
  private static final Duration LOOK_EVERY = Duration.ofMillis(250);
  private static final Duration GRACE = Duration.ofSeconds(1);

  /** A claim lasts so many times as long as its attempt may take, the noting of it included. */
  private static final int LEASE_FACTOR = 2;

  private final Duration timeout;
  private final int threads;
  private final int maxAttempts;
  private final DeliveryQueue queue;
  private final Attempt attempt;
  private final Backoff backoff;
  private final DeliveryMetrics metrics;
  private final Clock clock;
  private final ExecutorService workers;
  private final Set<UUID> busy = ConcurrentHashMap.newKeySet();
  private final BackgroundLoop loop;

  public DeliveryLoop(
      AlertingStart start,
      AlertingConfig config,
      ChannelSecrets secrets,
      Senders senders,
      ObjectMapper json,
      MeterRegistry meters,
      Clock clock) {
    this.timeout = config.deliveryTimeout();
    this.threads = config.deliveryThreads();
    this.maxAttempts = config.deliveryAttempts();
    this.queue =
        new DeliveryQueue(
            start.database(),
            new DeliveryQueue.Bounds(
                maxAttempts,
                timeout.multipliedBy(LEASE_FACTOR),
                config.smtp().timeout().multipliedBy(LEASE_FACTOR)),
            new DeliveryQueue.Rests(
                config.restAfterFailures(), config.firstRest(), config.longestPause()));
    this.attempt = new Attempt(queue, secrets, senders, json);
    this.backoff = new Backoff(config.longestPause(), new SecureRandom());
    this.metrics = new DeliveryMetrics(meters);
    this.clock = clock;
    AtomicInteger number = new AtomicInteger();
    this.workers =
        Executors.newFixedThreadPool(
            threads, work -> new Thread(work, "delivery-" + number.incrementAndGet()));
    this.loop = new BackgroundLoop("delivery", LOOK_EVERY, start::isDone, this::claim, meters);
  }

  void begin(@Observes StartupEvent event) {
    loop.start();
  }

  void end(@Observes ShutdownEvent event) throws InterruptedException {
    Duration patience = timeout.plus(GRACE);
    loop.stop(patience);
    workers.shutdown();
    if (!workers.awaitTermination(patience.toMillis(), TimeUnit.MILLISECONDS)) {
      workers.shutdownNow();
    }
  }

  private void claim() {
    int free = threads - busy.size();
    if (free <= 0) {
      return;
    }
    Instant now = clock.instant();
    for (DeliveryQueue.Due due : queue.claim(now, free, Set.copyOf(busy))) {
      busy.add(due.channelId());
      workers.execute(() -> work(due));
    }
  }

  private void work(DeliveryQueue.Due due) {
    try {
      Instant started = clock.instant();
      DeliveryOutcome outcome = attempt.make(due, started);
      Instant now = clock.instant();
      metrics.attempted(due.type(), outcome, Duration.between(started, now));
      if (outcome.error() != null) {
        LOG.warnf(
            "delivery %s to channel %s, attempt %d: %s",
            due.id(), due.channelId(), due.attempts(), outcome.error());
      }
      queue.finish(due, outcome, started, now, next(due, outcome, now));
    } catch (RuntimeException e) {
      // The claim runs out, and somebody sends it again under the same id.
      LOG.warnf("the outcome of delivery %s is not noted: %s", due.id(), e.getMessage());
      LOG.debugf(e, "delivery");
    } finally {
      busy.remove(due.channelId());
      loop.wake();
    }
  }

  private @Nullable Instant next(DeliveryQueue.Due due, DeliveryOutcome outcome, Instant now) {
    if (!outcome.missed().isEmpty()) {
      return now.plus(backoff.pause(1, null));
    }
    return outcome.kind() == DeliveryOutcome.Kind.FAILED && due.attempts() < maxAttempts
        ? now.plus(backoff.pause(due.attempts(), outcome.retryAfter()))
        : null;
  }
}
