package dev.tokenledger.standalone;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import redis.embedded.RedisServer;

/**
 * Redis in the data directory, which keeps what it has acknowledged, with a password, on a port of
 * the loopback address that stays the same while this process runs.
 */
final class EmbeddedRedis implements EmbeddedStore {
  private static final Logger LOG = Logger.getLogger(EmbeddedRedis.class);

  private final Path files;
  private final String password;
  private final int port;
  private @Nullable RedisServer redis;

  EmbeddedRedis(DataDirectory directory) throws IOException {
    this.files = directory.resolve("redis");
    this.password = directory.secret("redis");
    try (ServerSocket free = new ServerSocket(0)) {
      this.port = free.getLocalPort();
    }
  }

  @Override
  public String name() {
    return "Redis";
  }

  String url() {
    return "redis://:" + password + "@127.0.0.1:" + port;
  }

  @Override
  public void start() throws IOException {
    Files.createDirectories(files);
    Orphan.stop(files.resolve("redis.pid"), "redis");
    redis =
        RedisServer.newRedisServer()
            .port(port)
            .bind("127.0.0.1")
            .setting("dir " + files)
            .setting("pidfile " + files.resolve("redis.pid"))
            .setting("requirepass " + password)
            .setting("appendonly yes")
            .setting("appendfsync always")
            .setting("save \"\"")
            .setting("auto-aof-rewrite-percentage 100")
            .setting("auto-aof-rewrite-min-size 64mb")
            .setting("maxmemory-policy noeviction")
            .soutListener(line -> LOG.debugf("redis: %s", line))
            .serrListener(line -> LOG.warnf("redis: %s", line))
            .build();
    redis.start();
  }

  @Override
  public boolean isAlive() {
    try {
      Path pidFile = files.resolve("redis.pid");
      if (!Files.exists(pidFile)) {
        // Redis has written it before it was ready, and removes it when it is asked to end.
        return false;
      }
      Optional<String> pid = Files.readAllLines(pidFile).stream().findFirst();
      return pid.isPresent()
          && ProcessHandle.of(Long.parseLong(pid.get().strip()))
              .map(ProcessHandle::isAlive)
              .orElse(false);
    } catch (IOException | NumberFormatException e) {
      // The file is being written; the next look tells.
      return true;
    }
  }

  @Override
  public void stop() {
    RedisServer running = redis;
    redis = null;
    if (running != null) {
      try {
        running.stop();
      } catch (IOException e) {
        throw new java.io.UncheckedIOException("cannot stop the embedded Redis", e);
      }
    }
  }
}
