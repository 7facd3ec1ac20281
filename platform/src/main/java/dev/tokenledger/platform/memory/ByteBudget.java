package dev.tokenledger.platform.memory;

import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The bytes that may be in memory at once on behalf of what was sent or asked, in the whole
 * process. Whoever reads something whose size a caller decides takes a {@link Lease} for what it
 * will cost in memory (parsed, not as sent) before it reads on, and gives it back when nothing of
 * it is left. What does not fit waits for a moment, then is answered with {@code 503} and {@code
 * Retry-After}: a process that refuses is better than one that collects garbage for ever.
 *
 * <p>Each {@link Use} has a share of the heap of its own, so that requests can never keep what was
 * accepted from being settled. A single lease is never larger than its share: it waits until it is
 * alone and goes on with the whole of it, since the limits of a single request are checked where it
 * is read. Thread-safe.
 */
@ApplicationScoped
public class ByteBudget {
  /** Leases are counted in steps of this many bytes. */
  private static final int STEP = 1024;

  /** How long a request waits for others to end before it is refused. */
  public static final Duration PATIENCE = Duration.ofSeconds(2);

  /** Who needs the memory, and the share of the heap that is theirs. */
  public enum Use {
    /** Bodies, what they inflate to, and what is parsed from them until it is durable. */
    INGEST(0.22),
    /** Questions, their rows and their answers; bodies of the API, imports and exports. */
    ANSWERS(0.18),
    /** Blocks that are read and settled. */
    SETTLING(0.22);

    private final double share;

    Use(double share) {
      this.share = share;
    }
  }

  private record Share(Semaphore free, int steps) {}

  private final Map<Use, Share> shares = new EnumMap<>(Use.class);

  @Inject
  public ByteBudget(MeterRegistry meters) {
    this(Runtime.getRuntime().maxMemory());
    for (Use use : Use.values()) {
      Share share = shares.get(use);
      meters.gauge(
          "tokenledger.memory.leased.bytes",
          java.util.List.of(
              io.micrometer.core.instrument.Tag.of(
                  "use", use.name().toLowerCase(java.util.Locale.ROOT))),
          share,
          s -> (double) (s.steps - s.free.availablePermits()) * STEP);
    }
  }

  /**
   * @param heapBytes the size of the heap that is shared out
   */
  public ByteBudget(long heapBytes) {
    for (Use use : Use.values()) {
      int steps = (int) Math.max(1, Math.min(Integer.MAX_VALUE, heapBytes * use.share / STEP));
      shares.put(use, new Share(new Semaphore(steps, true), steps));
    }
  }

  /** The bytes that all leases of a use have together. */
  public long capacity(Use use) {
    return (long) shares.get(use).steps * STEP;
  }

  /**
   * A lease that has nothing yet; it grows by {@link Lease#require} as the work finds out what it
   * needs.
   */
  public Lease lease(Use use) {
    return new Lease(shares.get(use));
  }

  /**
   * A lease of some bytes for a request.
   *
   * @throws ProblemException {@link ProblemCode#BUSY} when they are not free within {@link
   *     #PATIENCE}
   */
  public Lease take(Use use, long bytes) {
    Lease lease = lease(use);
    lease.require(bytes);
    return lease;
  }

  /** Bytes that are held until {@link #close}. Used by one thread at a time. */
  public static final class Lease implements AutoCloseable {
    private final Share share;
    private int held;

    private Lease(Share share) {
      this.share = share;
    }

    /** The bytes that are held, in whole steps. */
    public long bytes() {
      return (long) held * STEP;
    }

    /**
     * Makes the lease at least as large as given; it never shrinks. Blocks for a moment when the
     * bytes are not free.
     *
     * @throws ProblemException {@link ProblemCode#BUSY} when they are not free in time; what is
     *     held stays held
     */
    public void require(long bytes) {
      int more = steps(bytes) - held;
      if (more <= 0) {
        return;
      }
      try {
        // Two leases that both wait to grow would wait for each other: a grown one waits shorter.
        long patience = held == 0 ? PATIENCE.toMillis() : PATIENCE.toMillis() / 4;
        if (!share.free.tryAcquire(more, patience, TimeUnit.MILLISECONDS)) {
          throw busy();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw busy();
      }
      held += more;
    }

    /** As {@link #require}, but says so instead of waiting. */
    public boolean tryRequire(long bytes) {
      int more = steps(bytes) - held;
      if (more > 0) {
        if (!share.free.tryAcquire(more)) {
          return false;
        }
        held += more;
      }
      return true;
    }

    /** As {@link #require}, but waits for as long as it takes: for work that has no caller. */
    public void await(long bytes) throws InterruptedException {
      int more = steps(bytes) - held;
      if (more > 0) {
        share.free.acquire(more);
        held += more;
      }
    }

    private int steps(long bytes) {
      return (int) Math.min(share.steps, (bytes + STEP - 1) / STEP);
    }

    @Override
    public void close() {
      share.free.release(held);
      held = 0;
    }
  }

  private static ProblemException busy() {
    return ProblemException.retryable(
        ProblemCode.BUSY,
        "The memory for requests is in use by others. Nothing of this request was taken; send it"
            + " again in a moment, or in smaller parts.",
        Duration.ofSeconds(2),
        null);
  }
}
