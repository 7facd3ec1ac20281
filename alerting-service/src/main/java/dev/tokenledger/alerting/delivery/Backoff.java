package dev.tokenledger.alerting.delivery;

import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** How long to wait before a delivery is tried again. */
final class Backoff {
  private static final Duration FIRST = Duration.ofSeconds(5);
  private static final int MAX_DOUBLINGS = 20;

  private final Duration longest;
  private final RandomGenerator random;

  Backoff(Duration longest, RandomGenerator random) {
    this.longest = longest;
    this.random = random;
  }

  /**
   * Doubles from attempt to attempt up to the longest pause; half of it is random, so that many
   * that failed together do not come again together. Never shorter than the receiver asks, as far
   * as the longest pause allows.
   *
   * @param attempts made so far, from 1
   * @param asked what the receiver asks for, or null
   */
  Duration pause(int attempts, @Nullable Duration asked) {
    Duration whole = shorter(FIRST.multipliedBy(1L << Math.min(attempts - 1, MAX_DOUBLINGS)));
    long half = whole.toMillis() / 2;
    Duration pause = Duration.ofMillis(half + random.nextLong(half + 1));
    return asked == null || asked.compareTo(pause) < 0 ? pause : shorter(asked);
  }

  private Duration shorter(Duration pause) {
    return pause.compareTo(longest) > 0 ? longest : pause;
  }
}
