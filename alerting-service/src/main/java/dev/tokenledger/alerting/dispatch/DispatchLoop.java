package dev.tokenledger.alerting.dispatch;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.delivery.Outbox;
import dev.tokenledger.alerting.incident.IncidentReader;
import dev.tokenledger.platform.loop.BackgroundLoop;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.time.Duration;
import java.util.UUID;

/** Looks for what is to be told, on a thread of its own, in each process. */
@ApplicationScoped
public class DispatchLoop {
  private static final Duration LOOK_EVERY = Duration.ofMillis(200);

  private final Dispatcher dispatcher;
  private final BackgroundLoop loop;

  public DispatchLoop(
      AlertingStart start,
      Outbox outbox,
      IncidentReader incidents,
      Mutings mutings,
      ObjectMapper json,
      MeterRegistry meters,
      Clock clock) {
    this.dispatcher = new Dispatcher(start.database(), outbox, incidents, mutings, json, clock);
    this.loop = new BackgroundLoop("dispatch", LOOK_EVERY, start::isDone, this::round, meters);
  }

  void begin(@Observes StartupEvent event) {
    loop.start();
  }

  void end(@Observes ShutdownEvent event) throws InterruptedException {
    loop.stop();
  }

  private void round() {
    for (UUID channel : dispatcher.due()) {
      // One that fails is tried again with the next look; the others do not wait for it.
      loop.attempt("notifications to channel " + channel, () -> dispatch(channel));
    }
  }

  private void dispatch(UUID channel) {
    int deliveries = dispatcher.dispatch(channel);
    while (deliveries > 0 && !loop.isStopping()) {
      deliveries = dispatcher.dispatch(channel);
    }
  }
}
