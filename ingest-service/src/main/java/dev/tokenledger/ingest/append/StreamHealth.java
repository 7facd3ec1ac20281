package dev.tokenledger.ingest.append;

import dev.tokenledger.ingest.IngestConfig;
import dev.tokenledger.model.stream.StreamKeys;
import dev.tokenledger.platform.StreamConfig;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import dev.tokenledger.platform.redis.BlockingRedis;
import dev.tokenledger.platform.redis.RedisUnavailableException;
import io.quarkus.scheduler.Scheduled;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Request;
import io.vertx.mutiny.redis.client.Response;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Default;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Properties;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Whether Redis can be trusted with events: that it keeps what it acknowledges, and that it has
 * room. Looked at every second, so that a request needs no round trip to know.
 */
@Default
@Readiness
@ApplicationScoped
public class StreamHealth implements HealthCheck {
  private static final Logger LOG = Logger.getLogger(StreamHealth.class);

  private final BlockingRedis redis;
  private final IngestConfig config;
  private final int shards;

  private volatile State state = new State(Durability.UNSEEN, "Redis was not reached yet", null);

  private enum Durability {
    UNSEEN,
    DURABLE,
    VOLATILE
  }

  /**
   * @param reason why events may be lost
   * @param full why there is no room, or null
   */
  private record State(Durability durability, String reason, @Nullable String full) {}

  public StreamHealth(BlockingRedis redis, IngestConfig config, StreamConfig streams) {
    this.redis = redis;
    this.config = config;
    this.shards = streams.shards();
  }

  /** The problem that a request must be refused with, or null. */
  @Nullable ProblemException refusal() {
    State now = state;
    if (now.full != null) {
      return EventStreams.full(now.full);
    }
    if (isTrusted(now)) {
      return null;
    }
    return ProblemException.retryable(
        ProblemCode.NOT_READY,
        "Events are not taken, since they could be lost: " + now.reason + ".",
        Duration.ofSeconds(5),
        null);
  }

  private boolean isTrusted(State now) {
    return now.durability == Durability.DURABLE
        || now.durability == Durability.VOLATILE && config.acceptVolatileRedis();
  }

  @Override
  public HealthCheckResponse call() {
    State now = state;
    var response = HealthCheckResponse.named("event streams").status(isTrusted(now));
    if (now.durability != Durability.DURABLE) {
      response.withData("reason", now.reason);
    }
    return response.build();
  }

  @Scheduled(
      identity = "ingest-stream-health",
      every = "1s",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  void look() {
    try {
      State before = state;
      State now = durability();
      state = new State(now.durability, now.reason, full());
      if (now.durability == Durability.VOLATILE && before.durability != Durability.VOLATILE) {
        LOG.warnf("Redis may lose events that were acknowledged: %s", now.reason);
      }
    } catch (RedisUnavailableException e) {
      // Known settings stay known: a restart of Redis does not change its configuration, and
      // requests that come meanwhile wait for it in the appender.
      LOG.debugf("Redis was not reached: %s", e.getMessage());
    }
  }

  private State durability() {
    Response settings;
    try {
      settings = redis.send(Request.cmd(Command.CONFIG).arg("GET").arg("append*"));
    } catch (RedisUnavailableException e) {
      throw e;
    } catch (RuntimeException e) {
      return new State(
          Durability.VOLATILE, "Redis does not tell its configuration: " + e.getMessage(), null);
    }
    if (settings == null) {
      return new State(Durability.VOLATILE, "Redis does not tell its configuration", null);
    }
    String appendOnly = setting(settings, "appendonly");
    String fsync = setting(settings, "appendfsync");
    if (!"yes".equals(appendOnly)) {
      return new State(Durability.VOLATILE, "Redis has appendonly " + appendOnly, null);
    }
    if (!"always".equals(fsync)) {
      return new State(Durability.VOLATILE, "Redis has appendfsync " + fsync, null);
    }
    return new State(Durability.DURABLE, "", null);
  }

  /** A setting from the list of names and values in turn. */
  private static @Nullable String setting(Response settings, String name) {
    for (int i = 0; i + 1 < settings.size(); i += 2) {
      if (name.equals(settings.get(i).toString())) {
        return settings.get(i + 1).toString();
      }
    }
    return null;
  }

  private @Nullable String full() {
    for (int shard = 0; shard < shards; shard++) {
      Response length = redis.send(Request.cmd(Command.XLEN).arg(StreamKeys.events(shard)));
      if (length != null && length.toLong() > config.maxStreamBlocks()) {
        return "Too many events wait to be settled.";
      }
    }
    Response info = redis.send(Request.cmd(Command.INFO).arg("memory"));
    long used = info == null ? 0 : usedMemory(info.toString());
    return used > config.maxRedisBytes() ? "Redis uses all the memory it may use." : null;
  }

  private static long usedMemory(String info) {
    Properties values = new Properties();
    try {
      values.load(new StringReader(info));
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory failed", e);
    }
    return Long.parseLong(values.getProperty("used_memory", "0").trim());
  }
}
