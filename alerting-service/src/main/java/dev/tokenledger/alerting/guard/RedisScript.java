package dev.tokenledger.alerting.guard;

import dev.tokenledger.platform.redis.RedisUnavailableException;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A script, sent by its digest once Redis knows it. */
public final class RedisScript {
  /** How long a thread of its own waits for an answer. */
  static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final Redis redis;
  private final String text;
  private final String digest;

  public RedisScript(io.vertx.mutiny.redis.client.Redis redis, String text) {
    this.redis = redis.getDelegate();
    this.text = text;
    try {
      // Redis names scripts by SHA-1; nothing rests on its strength.
      this.digest =
          HexFormat.of()
              .formatHex(
                  MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("SHA-1 is missing from this Java runtime", e);
    }
  }

  public Future<Response> run(List<String> keys, List<String> arguments) {
    return runKnown(keys, arguments)
        .recover(e -> isUnknown(e) ? introduce(keys, arguments) : Future.failedFuture(e));
  }

  /**
   * Runs it and waits for the answer; never to be called on an event loop.
   *
   * @throws RedisUnavailableException if Redis cannot be reached or does not answer in time
   */
  Response await(List<String> keys, List<String> arguments) {
    try {
      return run(keys, arguments)
          .toCompletionStage()
          .toCompletableFuture()
          .get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw RedisUnavailableException.orSame(e.getCause());
    } catch (TimeoutException e) {
      throw RedisUnavailableException.orSame(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw RedisUnavailableException.orSame(e);
    }
  }

  /** Fails with {@link #isUnknown} when Redis does not know the script. */
  Future<Response> runKnown(List<String> keys, List<String> arguments) {
    return send(Command.EVALSHA, digest, keys, arguments);
  }

  /** Runs the script, and Redis knows it from then on until it is started again. */
  Future<Response> introduce(List<String> keys, List<String> arguments) {
    return send(Command.EVAL, text, keys, arguments);
  }

  static boolean isUnknown(Throwable failure) {
    return String.valueOf(failure.getMessage()).startsWith("NOSCRIPT");
  }

  private Future<Response> send(
      Command command, String script, List<String> keys, List<String> arguments) {
    Request request = Request.cmd(command).arg(script).arg(keys.size());
    keys.forEach(request::arg);
    arguments.forEach(request::arg);
    try {
      return redis.send(request);
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }
}
