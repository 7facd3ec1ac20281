package dev.tokenledger.platform.redis;

import io.vertx.redis.client.impl.types.ErrorType;

/**
 * Redis cannot be reached, is loading, has no room or does not answer; the same call may succeed
 * later.
 */
public final class RedisUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private RedisUnavailableException(Throwable cause) {
    super("Redis cannot be reached: " + cause.getMessage(), cause);
  }

  /** The failure itself when Redis has answered with an error, else this exception about it. */
  public static RuntimeException orSame(Throwable failure) {
    Throwable cause = failure;
    while (cause != null) {
      if (cause instanceof ErrorType error) {
        if (isPassing(error)) {
          return new RedisUnavailableException(failure);
        }
        return failure instanceof RuntimeException same
            ? same
            : new IllegalStateException("Redis has answered with an error", failure);
      }
      cause = cause.getCause();
    }
    return new RedisUnavailableException(failure);
  }

  private static boolean isPassing(ErrorType error) {
    // The first is the client's own, in the clothes of an answer.
    return error.is("CONNECTION_CLOSED")
        || error.is("LOADING")
        || error.is("MASTERDOWN")
        || error.is("READONLY")
        || error.is("CLUSTERDOWN")
        || error.is("TRYAGAIN")
        // It has no room in memory or on its disk, or a script runs: later it may take the same.
        || error.is("OOM")
        || error.is("MISCONF")
        || error.is("BUSY")
        || error.is("NOREPLICAS");
  }
}
