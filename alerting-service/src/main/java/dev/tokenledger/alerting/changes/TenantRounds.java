package dev.tokenledger.alerting.changes;

import dev.tokenledger.platform.loop.BackgroundLoop;
import dev.tokenledger.platform.redis.BlockingRedis;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.function.Supplier;

/**
 * The tenants to look at: those of which the ledger has said something, and from time to time all
 * of them. For one thread.
 */
public final class TenantRounds {
  /** So that what always fails is not tried all the time. */
  private static final Duration SOON = Duration.ofSeconds(1);

  private final ChangedTenants changes;
  private final Duration sweepInterval;
  private final Clock clock;
  private Instant nextSweep = Instant.EPOCH;

  /**
   * @param sweepInterval how often all tenants are looked at
   */
  public TenantRounds(BlockingRedis redis, Duration sweepInterval, Clock clock) {
    this.changes = new ChangedTenants(redis);
    this.sweepInterval = sweepInterval;
    this.clock = clock;
  }

  /**
   * Waits half a second for a word of the ledger, then does what is to be done of each tenant. One
   * that fails does not keep the others, and all are looked at again soon.
   *
   * @param loop the one whose round this is
   * @param what is done, for the log
   * @param all asked for all tenants when it is time for them
   */
  public void round(
      BackgroundLoop loop,
      String what,
      Supplier<? extends Collection<Integer>> all,
      IntConsumer work) {
    Set<Integer> tenants = changes.next();
    Instant now = clock.instant();
    boolean complete = false;
    try {
      if (!now.isBefore(nextSweep)) {
        tenants.addAll(all.get());
        nextSweep = now.plus(sweepInterval);
      }
      complete = true;
      for (int tenantId : tenants) {
        if (loop.isStopping()) {
          return;
        }
        complete &= loop.attempt(what + " of tenant " + tenantId, () -> work.accept(tenantId));
      }
    } catch (RuntimeException e) {
      complete = false;
      throw e;
    } finally {
      if (!complete) {
        // What was heard is forgotten by now; the values are absolute, and are read by a sweep.
        Instant soon = clock.instant().plus(SOON);
        nextSweep = soon.isBefore(nextSweep) ? soon : nextSweep;
      }
    }
  }
}
