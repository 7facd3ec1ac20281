package dev.tokenledger.platform.query;

import dev.tokenledger.platform.memory.ByteBudget;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;

/**
 * The memory of one question, held from its first row until its answer is written. It grows with
 * what is read, so that a question takes what it needs and no more; a question that would need more
 * than a share of all is refused, whatever else goes on. Not thread-safe.
 */
final class AnswerMemory implements AutoCloseable {
  /** Leases grow by this much, so that reading rows does not contend for each of them. */
  private static final long STEP = 128 * 1024;

  /**
   * What a question may have without asking: totals, by which budgets and rules are decided, never
   * wait for the memory of large answers. Connections bound how many there are.
   */
  private static final long FREE = 192 * 1024;

  private final ByteBudget.Lease lease;
  private final long most;
  private long used;

  /**
   * @param most bytes that this question may take
   */
  AnswerMemory(ByteBudget budget, long most) {
    this.lease = budget.lease(ByteBudget.Use.ANSWERS);
    this.most = most;
  }

  /**
   * Takes more.
   *
   * @throws ProblemException {@link ProblemCode#TOO_LARGE_ANSWER} if the question takes too much,
   *     {@link ProblemCode#BUSY} if others have the memory
   */
  void add(long bytes) {
    used += bytes;
    if (used > most) {
      throw new ProblemException(
          ProblemCode.TOO_LARGE_ANSWER,
          "This question needs more than the "
              + (most >> 20)
              + " MiB of memory that one question may take. Ask for a shorter period, longer buckets"
              + " ('granularity'), fewer dimensions, or filter; percentiles and distinct counts take"
              + " the most. 'limit' alone does not help, since what it leaves out is added up.");
    }
    if (used > FREE && used > lease.bytes()) {
      lease.require(Math.min(most, used + STEP));
    }
  }

  long used() {
    return used;
  }

  @Override
  public void close() {
    lease.close();
  }
}
