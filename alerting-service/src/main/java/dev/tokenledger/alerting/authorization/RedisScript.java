package dev.tokenledger.alerting.authorization;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Redis;
import io.vertx.mutiny.redis.client.Request;
import io.vertx.mutiny.redis.client.Response;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;

/** A script, sent by its digest once Redis knows it. */
final class RedisScript {
  private final Redis redis;
  private final String text;
  private final String digest;

  RedisScript(Redis redis, String text) {
    this.redis = redis;
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

  Uni<Response> run(List<String> keys, List<String> arguments) {
    return redis
        .send(request(Command.EVALSHA, digest, keys, arguments))
        .onFailure(e -> String.valueOf(e.getMessage()).startsWith("NOSCRIPT"))
        .recoverWithUni(() -> redis.send(request(Command.EVAL, text, keys, arguments)));
  }

  private static Request request(
      Command command, String script, List<String> keys, List<String> arguments) {
    Request request = Request.cmd(command).arg(script).arg(keys.size());
    keys.forEach(request::arg);
    arguments.forEach(request::arg);
    return request;
  }
}
