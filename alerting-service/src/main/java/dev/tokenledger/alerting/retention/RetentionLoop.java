package dev.tokenledger.alerting.retention;

import dev.tokenledger.alerting.AlertingConfig;
import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.platform.loop.BackgroundLoop;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.IntSupplier;

/** Deletes what ended long ago, once after the start and then once a day. */
@ApplicationScoped
public class RetentionLoop {
  private static final Duration LOOK_EVERY = Duration.ofSeconds(10);
  private static final Duration EVERY = Duration.ofDays(1);
  private static final int PORTION = 1_000;

  private final EndedRows rows;
  private final Duration retention;
  private final Clock clock;
  private final BackgroundLoop loop;

  /** Read and written by the loop's thread. */
  private Instant next = Instant.MIN;

  public RetentionLoop(
      AlertingStart start, AlertingConfig config, MeterRegistry meters, Clock clock) {
    this.rows = new EndedRows(start.database(), PORTION);
    this.retention = config.retention();
    this.clock = clock;
    this.loop =
        new BackgroundLoop("alert-retention", LOOK_EVERY, start::isDone, this::round, meters);
  }

  void begin(@Observes StartupEvent event) {
    loop.start();
  }

  void end(@Observes ShutdownEvent event) throws InterruptedException {
    loop.stop();
  }

  private void round() {
    Instant now = clock.instant();
    if (now.isBefore(next)) {
      return;
    }
    Instant before = now.minus(retention);
    deleteAll(() -> rows.deleteDeliveries(before));
    deleteAll(() -> rows.deleteIncidents(before));
    deleteAll(() -> rows.deleteSilences(before));
    rows.deleteFormerSecrets(now);
    next = now.plus(EVERY);
  }

  private void deleteAll(IntSupplier portion) {
    while (!loop.isStopping() && portion.getAsInt() > 0) {
      // The next portion.
    }
  }
}
