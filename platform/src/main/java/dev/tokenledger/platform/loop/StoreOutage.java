package dev.tokenledger.platform.loop;

import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import dev.tokenledger.platform.redis.RedisUnavailableException;

/** Failures that everything else would meet too, as long as a store is away. */
public final class StoreOutage {
  private StoreOutage() {}

  /** Whether a failure says that Postgres or Redis cannot be reached. */
  public static boolean isOne(RuntimeException failure) {
    return failure instanceof RedisUnavailableException
        || failure instanceof ProblemException problem
            && problem.code() == ProblemCode.STORE_UNAVAILABLE;
  }
}
