package dev.tokenledger.ingest.admission;

import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Redis;
import io.vertx.mutiny.redis.client.Request;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Counts a tenant's events by the minute against its quota, in Redis, so that all ingest processes
 * count together. A tenant without a quota costs nothing.
 */
@ApplicationScoped
public class Quotas {
  /** Takes the amount unless that would go beyond the limit. */
  private static final String TAKE =
      "local used = tonumber(redis.call('GET', KEYS[1]) or '0') "
          + "if used + tonumber(ARGV[1]) > tonumber(ARGV[2]) then return 0 end "
          + "redis.call('INCRBY', KEYS[1], ARGV[1]) redis.call('EXPIRE', KEYS[1], 120) return 1";

  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  private final Redis redis;
  private final Clock clock;

  public Quotas(Redis redis, Clock clock) {
    this.redis = redis;
    this.clock = clock;
  }

  /**
   * @param limit events a minute, or null for no quota
   * @return fails with {@link ProblemCode#QUOTA_EXCEEDED} when the events go beyond the quota
   */
  public Uni<Void> take(int tenantId, @Nullable Long limit, int events) {
    if (limit == null) {
      return Uni.createFrom().voidItem();
    }
    long second = clock.instant().getEpochSecond();
    return redis
        .send(
            Request.cmd(Command.EVAL)
                .arg(TAKE)
                .arg(1)
                .arg("tl:quota:{" + tenantId + "}:" + second / 60)
                .arg(events)
                .arg(limit))
        .ifNoItem()
        .after(TIMEOUT)
        .fail()
        .onFailure()
        .transform(
            e ->
                ProblemException.retryable(
                    ProblemCode.STORE_UNAVAILABLE,
                    "The quota could not be checked. Send the request again.",
                    Duration.ofSeconds(2),
                    e))
        .invoke(
            taken -> {
              if (taken.toInteger() == 0) {
                throw ProblemException.retryable(
                    ProblemCode.QUOTA_EXCEEDED,
                    "The tenant's quota is "
                        + limit
                        + " events a minute. Nothing of this request was taken.",
                    Duration.ofSeconds(60 - second % 60),
                    null);
              }
            })
        .replaceWithVoid();
  }
}
