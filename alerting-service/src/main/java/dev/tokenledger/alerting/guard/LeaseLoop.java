package dev.tokenledger.alerting.guard;

import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.reservation.ReservationStore;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.loop.BackgroundLoop;
import dev.tokenledger.platform.redis.BlockingRedis;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.redis.client.RedisClientName;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Redis;
import io.vertx.mutiny.redis.client.Request;
import io.vertx.mutiny.redis.client.Response;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Ends the leases that are over, in Postgres and in Redis. Many are not ended at once but in steps,
 * by the time at which they ended: callers wait for no more than one step, and neither store is
 * kept busy for long.
 */
@ApplicationScoped
class LeaseLoop {
  private static final int LEASES_A_STEP = 50;

  /** All steps together take less time than passes between two sweeps. */
  private static final int MOST_STEPS = 100;

  private static final Duration BETWEEN_STEPS = Duration.ofMillis(40);

  /** Leases take Redis some two microseconds each to end. */
  private static final int MOST_AT_ONCE = 200;

  /**
   * The time before the last end of a lease that the steps share; the first takes all before it.
   */
  private static final Duration SPREAD = Duration.ofSeconds(5);

  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final Database database;
  private final ReservationStore reservations;
  private final BlockingRedis redis;
  private final RedisScript endLeases;
  private final BackgroundLoop loop;
  private final Map<Integer, Due> due = new ConcurrentHashMap<>();

  LeaseLoop(
      AlertingStart start,
      ReservationStore reservations,
      @RedisClientName(GuardKeys.REDIS) Redis redis,
      MeterRegistry meters) {
    this.database = start.database();
    this.reservations = reservations;
    this.redis = new BlockingRedis(redis);
    this.endLeases = new RedisScript(redis, GuardScripts.END_LEASES);
    this.loop = new BackgroundLoop("lease-end", PAUSE, start::isDone, this::round, meters);
  }

  void begin(@Observes StartupEvent event) {
    loop.start();
  }

  void end(@Observes ShutdownEvent event) throws InterruptedException {
    loop.stop();
  }

  private record Due(long epoch, Instant through) {}

  /**
   * Has a tenant's leases ended that were over at a moment; soon, and by another thread.
   *
   * @param epoch of the guard in which they are
   */
  void end(int tenantId, long epoch, Instant through) {
    due.put(tenantId, new Due(epoch, through));
    loop.wake();
  }

  private void round() {
    List<Sweep> sweeps = new ArrayList<>();
    for (int tenantId : due.keySet()) {
      Due next = due.remove(tenantId);
      if (next != null) {
        sweeps.add(new Sweep(tenantId, next, steps(tenantId, next.through)));
      }
    }
    for (int step = 1; !sweeps.isEmpty() && !loop.isStopping(); step++) {
      for (Sweep sweep : sweeps) {
        sweep.make(step);
      }
      int made = step;
      sweeps.removeIf(sweep -> sweep.steps == made);
      if (!sweeps.isEmpty()) {
        LockSupport.parkNanos(BETWEEN_STEPS.toNanos());
      }
    }
  }

  private int steps(int tenantId, Instant through) {
    Response count =
        redis.send(
            Request.cmd(Command.ZCOUNT)
                .arg(GuardKeys.leases(tenantId))
                .arg("-inf")
                .arg(through.toEpochMilli()),
            RedisScript.TIMEOUT);
    long over = count == null ? 0 : count.toLong();
    return (int) Math.max(1, Math.min(over / LEASES_A_STEP, MOST_STEPS));
  }

  private final class Sweep {
    private final int tenantId;
    private final Due due;
    private final int steps;
    private Instant ended = Instant.MIN;

    Sweep(int tenantId, Due due, int steps) {
      this.tenantId = tenantId;
      this.due = due;
      this.steps = steps;
    }

    void make(int step) {
      Instant from = ended;
      Instant until = due.through.minus(SPREAD.multipliedBy(steps - step).dividedBy(steps));
      database.asTenant(
          tenantId, connection -> reservations.deleteExpired(connection, tenantId, from, until));
      List<String> arguments =
          List.of(
              Long.toString(due.epoch),
              Long.toString(until.toEpochMilli()),
              Integer.toString(MOST_AT_ONCE));
      while (endLeases.await(GuardKeys.inForce(tenantId), arguments).toInteger() == MOST_AT_ONCE) {
        LockSupport.parkNanos(BETWEEN_STEPS.toNanos());
      }
      ended = until;
    }
  }
}
