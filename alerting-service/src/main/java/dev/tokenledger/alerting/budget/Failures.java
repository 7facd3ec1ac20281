package dev.tokenledger.alerting.budget;

import dev.tokenledger.platform.loop.StoreOutage;
import org.jspecify.annotations.Nullable;

/**
 * Work on several things of which one that fails must not keep the others from being done: a budget
 * whose scope cannot be summed up must not silence the rest.
 */
final class Failures {
  private @Nullable RuntimeException first;

  /**
   * Does a part, and keeps its failure for later.
   *
   * @throws RuntimeException at once if a store is away, which the other parts need, too
   */
  void keep(Runnable part) {
    try {
      part.run();
    } catch (UnreadableBudgetException e) {
      // Noted, logged and shown where it was found.
      return;
    } catch (RuntimeException e) {
      if (StoreOutage.isOne(e)) {
        throw e;
      }
      if (first == null) {
        first = e;
      } else {
        first.addSuppressed(e);
      }
    }
  }

  /** Throws the first failure, if there was one, with the others in it. */
  void rethrow() {
    if (first != null) {
      throw first;
    }
  }
}
