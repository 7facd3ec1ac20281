package dev.tokenledger.aggregation.settle;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Puts off work whose result nobody waits for while settling is behind, and for a bounded time: a
 * backlog is settled sooner, and what is done later in one go is often less. Used by one thread.
 */
public final class QuietTime {
  /** How long work is put off at most; readers add up more until it is done. */
  static final Duration LONGEST = Duration.ofMinutes(2);

  private final SettlementProgress progress;
  private final Clock clock;
  private Instant done;

  public QuietTime(SettlementProgress progress, Clock clock) {
    this.progress = progress;
    this.clock = clock;
    this.done = clock.instant();
  }

  /**
   * Does the work, unless it can wait.
   *
   * @param ending whether the process ends
   * @param work stops between two portions when it is told to; what is left comes another time
   */
  public void use(BooleanSupplier ending, Consumer<BooleanSupplier> work) {
    boolean overdue = !clock.instant().isBefore(done.plus(LONGEST));
    BooleanSupplier canWait = () -> !overdue && progress.isBehind();
    if (canWait.getAsBoolean()) {
      return;
    }
    work.accept(() -> ending.getAsBoolean() || canWait.getAsBoolean());
    if (overdue || !progress.isBehind()) {
      done = clock.instant();
    }
  }
}
