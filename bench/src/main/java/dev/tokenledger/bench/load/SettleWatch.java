package dev.tokenledger.bench.load;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Follows the settled events of a run, on the thread that calls it. */
final class SettleWatch {
  /** Between two looks; the error of the time at which all were settled. */
  private static final long LOOK_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final SettledCount count;
  private final long before;

  SettleWatch(SettledCount count) throws IOException, InterruptedException {
    this.count = count;
    this.before = count.now();
  }

  /**
   * Waits until everything accepted is settled.
   *
   * @param accepted grows while the run is sending
   * @param sending whether the run still sends
   * @param patience how long to wait after the sending has ended
   */
  LoadReport.Settled await(
      long startNanos,
      AtomicLong accepted,
      java.util.function.BooleanSupplier sending,
      Duration patience)
      throws IOException, InterruptedException {
    long longestBacklog = 0;
    long endOfPatience = Long.MAX_VALUE;
    while (true) {
      boolean stillSending = sending.getAsBoolean();
      // In this order: what is settled was accepted before, so the difference is never too small.
      long settled = count.now() - before;
      long now = System.nanoTime();
      long target = accepted.get();
      longestBacklog = Math.max(longestBacklog, target - settled);
      if (!stillSending && settled >= target) {
        return new LoadReport.Settled(settled, (now - startNanos) / 1e9, longestBacklog, true);
      }
      if (!stillSending && endOfPatience == Long.MAX_VALUE) {
        endOfPatience = now + patience.toNanos();
      }
      if (now > endOfPatience) {
        return new LoadReport.Settled(settled, (now - startNanos) / 1e9, longestBacklog, false);
      }
      TimeUnit.NANOSECONDS.sleep(LOOK_EVERY_NANOS);
    }
  }
}
