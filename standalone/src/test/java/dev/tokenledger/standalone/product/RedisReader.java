package dev.tokenledger.standalone.product;

import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Looks into the application's Redis, and changes its settings. */
final class RedisReader implements AutoCloseable {
  private static final long TIMEOUT_SECONDS = 10;

  private final Vertx vertx = Vertx.vertx();
  private final Redis redis;

  RedisReader(URI url, String password) {
    this.redis =
        Redis.createClient(
            vertx, new RedisOptions().setConnectionString(url.toString()).setPassword(password));
  }

  void configure(String name, String value) throws Exception {
    send(Request.cmd(Command.CONFIG).arg("SET").arg(name).arg(value));
  }

  /**
   * Adds every entry of a stream once more, as if it had been delivered twice.
   *
   * @return the entries there were
   */
  int repeat(String stream) throws Exception {
    Response entries = send(Request.cmd(Command.XRANGE).arg(stream).arg("-").arg("+"));
    for (Response entry : entries) {
      Request add = Request.cmd(Command.XADD).arg(stream).arg("*");
      entry.get(1).forEach(part -> add.arg(part.toBuffer()));
      send(add);
    }
    return entries.size();
  }

  /** Forgets keys, as a Redis that has lost them would. */
  void forget(String pattern) throws Exception {
    for (Response key : send(Request.cmd(Command.KEYS).arg(pattern))) {
      send(Request.cmd(Command.DEL).arg(key.toString()));
    }
  }

  /** Forgets everything, as a Redis without its files would. */
  void flush() throws Exception {
    send(Request.cmd(Command.FLUSHALL).arg("SYNC"));
  }

  /** Writes what it has now to a file, which it reads when it is started again. */
  void save() throws Exception {
    send(Request.cmd(Command.SAVE));
  }

  /** Answers nobody for a while. */
  void pause(Duration length) throws Exception {
    send(Request.cmd(Command.CLIENT).arg("PAUSE").arg(length.toMillis()).arg("ALL"));
  }

  private Response send(Request request) throws Exception {
    return redis
        .send(request)
        .toCompletionStage()
        .toCompletableFuture()
        .get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
  }

  Map<String, String> hash(String key) throws Exception {
    Response fields = send(Request.cmd(Command.HGETALL).arg(key));
    Map<String, String> hash = new HashMap<>();
    for (String field : fields.getKeys()) {
      hash.put(field, fields.get(field).toString());
    }
    return hash;
  }

  @Override
  public void close() throws Exception {
    redis.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
  }
}
