package dev.tokenledger.alerting.guard;

import dev.tokenledger.alerting.AlertingConfig;
import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.changes.TenantRounds;
import dev.tokenledger.platform.loop.BackgroundLoop;
import dev.tokenledger.platform.redis.BlockingRedis;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.time.Duration;

/**
 * Brings what Redis holds of the guards up to the ledger when that says that something has changed,
 * and from time to time anyhow: leases end, periods begin, and a word may be lost.
 */
@ApplicationScoped
class GuardLoop {
  /** A pause after each round, so that a busy ledger is read a few times a second. */
  private static final Duration PAUSE = Duration.ofMillis(200);

  private final GuardState guards;
  private final TenantRounds rounds;
  private final BackgroundLoop loop;

  GuardLoop(
      GuardState guards,
      AlertingStart start,
      BlockingRedis redis,
      AlertingConfig config,
      MeterRegistry meters,
      Clock clock) {
    this.guards = guards;
    this.rounds = new TenantRounds(redis, config.sweepInterval(), clock);
    this.loop = new BackgroundLoop("guard", PAUSE, start::isDone, this::round, meters);
  }

  void begin(@Observes StartupEvent event) {
    loop.start();
  }

  void end(@Observes ShutdownEvent event) throws InterruptedException {
    loop.stop();
  }

  private void round() {
    rounds.round(loop, "refreshing the guard", guards::tenants, guards::refresh);
  }
}
