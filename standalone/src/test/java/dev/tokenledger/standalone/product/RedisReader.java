package dev.tokenledger.standalone.product;

import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.net.URI;
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
