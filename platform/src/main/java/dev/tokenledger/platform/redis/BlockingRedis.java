package dev.tokenledger.platform.redis;

import io.vertx.mutiny.redis.client.Redis;
import io.vertx.mutiny.redis.client.Request;
import io.vertx.mutiny.redis.client.Response;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Redis for loops that have a thread of their own; never to be called on an event loop. Every call
 * ends within its timeout. A Redis that cannot be reached or does not answer ends in a {@link
 * RedisUnavailableException}; an error answer to a command comes out as Vert.x' own exception.
 */
@ApplicationScoped
public class BlockingRedis {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final Redis redis;

  public BlockingRedis(Redis redis) {
    this.redis = redis;
  }

  public @Nullable Response send(Request request) {
    return send(request, TIMEOUT);
  }

  public @Nullable Response send(Request request, Duration timeout) {
    try {
      return redis.send(request).await().atMost(timeout);
    } catch (RuntimeException e) {
      throw RedisUnavailableException.orSame(e);
    }
  }

  /** Sends commands together; the answers are in the same order. */
  public List<Response> batch(List<Request> requests) {
    try {
      return redis.batch(requests).await().atMost(TIMEOUT);
    } catch (RuntimeException e) {
      throw RedisUnavailableException.orSame(e);
    }
  }
}
