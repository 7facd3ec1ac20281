package dev.tokenledger.alerting.dispatch;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.delivery.Outbox;
import dev.tokenledger.alerting.incident.IncidentReader;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Looks for what is to be told, on a thread of its own, in each process. */
@ApplicationScoped
public class DispatchLoop {
  private static final Logger LOG = Logger.getLogger(DispatchLoop.class);
  private static final Duration LOOK_EVERY = Duration.ofMillis(200);

  private final Dispatcher dispatcher;
  private final AlertingStart start;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "dispatch");

  public DispatchLoop(
      AlertingStart start,
      Outbox outbox,
      IncidentReader incidents,
      Mutings mutings,
      ObjectMapper json,
      Clock clock) {
    this.dispatcher = new Dispatcher(start.database(), outbox, incidents, mutings, json, clock);
    this.start = start;
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
      while (!stopped.await(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
        if (start.isDone()) {
          round();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void round() {
    List<UUID> channels;
    try {
      channels = dispatcher.due();
    } catch (RuntimeException e) {
      LOG.warnf("notifications wait: %s", e.getMessage());
      LOG.debugf(e, "dispatch");
      return;
    }
    for (UUID channel : channels) {
      try {
        int deliveries = dispatcher.dispatch(channel);
        while (deliveries > 0 && stopped.getCount() > 0) {
          deliveries = dispatcher.dispatch(channel);
        }
      } catch (RuntimeException e) {
        // It is tried again with the next look; the others do not wait for it.
        LOG.warnf("notifications to channel %s wait: %s", channel, e.getMessage());
        LOG.debugf(e, "dispatch");
      }
    }
  }
}
