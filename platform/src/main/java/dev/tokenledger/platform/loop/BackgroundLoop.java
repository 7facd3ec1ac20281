package dev.tokenledger.platform.loop;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * A thread that makes one round after the other from {@link #start} to {@link #stop}. A round that
 * fails is counted, logged and made again: after the usual pause first, then after longer ones as
 * long as it fails, up to {@link #LONGEST_PAUSE}. What a round does must bear being done again.
 */
public final class BackgroundLoop {
  /** The longest pause between rounds that fail; a store that is back is noticed within it. */
  static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  /** How long {@link #stop()} waits for the round that is under way. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Logger LOG = Logger.getLogger(BackgroundLoop.class);

  private final String name;
  private final Duration pause;
  private final BooleanSupplier ready;
  private final Consumer<BackgroundLoop> round;
  private final Counter failures;
  private final Thread thread;
  private final Semaphore wake = new Semaphore(0);
  private final CountDownLatch stopped = new CountDownLatch(1);

  /** A loop whose rounds do not ask whether to end early. */
  public BackgroundLoop(
      String name, Duration pause, BooleanSupplier ready, Runnable round, MeterRegistry meters) {
    this(name, pause, ready, loop -> round.run(), meters);
  }

  /**
   * @param name of the thread, and of the loop in logs and metrics
   * @param pause between the end of a round and the next one; {@link #wake} shortens it
   * @param ready whether rounds can be made yet; asked before each
   * @param round gets the loop that it is a round of
   */
  public BackgroundLoop(
      String name,
      Duration pause,
      BooleanSupplier ready,
      Consumer<BackgroundLoop> round,
      MeterRegistry meters) {
    this.name = name;
    this.pause = pause;
    this.ready = ready;
    this.round = round;
    this.failures =
        Counter.builder("tokenledger.loop.failures")
            .description("Rounds, and parts of rounds, of background work that failed")
            .tag("loop", name)
            .register(meters);
    this.thread = new Thread(this::run, name);
  }

  public void start() {
    thread.start();
  }

  /** Lets the round that is under way end, for ten seconds at most. */
  public void stop() throws InterruptedException {
    stop(PATIENCE);
  }

  /** Lets the round that is under way end, and waits for that no longer than is said. */
  public void stop(Duration patience) throws InterruptedException {
    stopped.countDown();
    wake.release();
    thread.join(patience.toMillis());
  }

  /** Whether a round should end early. */
  public boolean isStopping() {
    return stopped.getCount() == 0;
  }

  /** Has the next round made at once, unless the last one failed. For any thread. */
  public void wake() {
    wake.release();
  }

  /**
   * Does a part of a round that must not keep the other parts from being done: its failure is
   * counted and logged, and the round goes on.
   *
   * @param what is done, for the log: {@code evaluation of tenant 7}
   * @return whether it succeeded
   * @throws RuntimeException if a store is away: the other parts need it, too
   */
  public boolean attempt(String what, Runnable part) {
    try {
      part.run();
      return true;
    } catch (RuntimeException e) {
      if (StoreOutage.isOne(e)) {
        throw e;
      }
      failed(what, e);
      return false;
    }
  }

  private void run() {
    Duration next = pause;
    boolean failing = false;
    try {
      while (!pause(next, failing)) {
        failing = ready.getAsBoolean() && !succeeds();
        next = failing ? pauseAfterFailure(next) : pause;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns whether the loop is to end. Nobody shortens the pause of a loop that fails. */
  private boolean pause(Duration next, boolean failing) throws InterruptedException {
    if (failing) {
      return stopped.await(next.toMillis(), TimeUnit.MILLISECONDS);
    }
    if (wake.tryAcquire(next.toMillis(), TimeUnit.MILLISECONDS)) {
      wake.drainPermits();
    }
    return isStopping();
  }

  /** An error, too, must not end the thread: nobody would notice. */
  private boolean succeeds() {
    try {
      round.accept(this);
      return true;
    } catch (RuntimeException | Error e) {
      failed(name, e);
      return false;
    }
  }

  private void failed(String what, Throwable failure) {
    failures.increment();
    Throwable cause = failure.getCause();
    LOG.warnf(
        "%s failed and will be tried again: %s%s",
        what, failure, cause == null ? "" : ", because of " + cause);
    LOG.debugf(failure, "%s", what);
  }

  static Duration pauseAfterFailure(Duration pause) {
    Duration twice = pause.multipliedBy(2);
    return twice.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : twice;
  }
}
