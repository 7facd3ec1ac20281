package dev.tokenledger.ingest.append;

import dev.tokenledger.ingest.IngestConfig;
import dev.tokenledger.model.stream.AdmittedBatch;
import dev.tokenledger.model.stream.StreamKeys;
import dev.tokenledger.platform.StreamConfig;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.CompositeException;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.vertx.mutiny.core.buffer.Buffer;
import io.vertx.mutiny.redis.client.Command;
import io.vertx.mutiny.redis.client.Redis;
import io.vertx.mutiny.redis.client.Request;
import jakarta.enterprise.context.ApplicationScoped;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Makes admitted batches durable. What was appended survives the loss of any one process; what was
 * not is answered with a problem that asks to try again, and trying again is always safe.
 *
 * <p>An append whose outcome is not known is repeated with the same block, which is settled once
 * however often it is in the stream.
 */
@ApplicationScoped
public class EventStreams {
  private static final Duration ATTEMPT_TIMEOUT = Duration.ofSeconds(2);

  private final Redis redis;
  private final IngestConfig config;
  private final StreamHealth health;
  private final List<ShardAppender> shards = new ArrayList<>();
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicLong queuedEvents = new AtomicLong();

  public EventStreams(
      Redis redis,
      IngestConfig config,
      StreamConfig streams,
      StreamHealth health,
      MeterRegistry metrics) {
    this.redis = redis;
    this.config = config;
    this.health = health;
    long writer = new SecureRandom().nextLong() & Long.MAX_VALUE;
    for (int shard = 0; shard < streams.shards(); shard++) {
      String stream = StreamKeys.events(shard);
      shards.add(
          new ShardAppender(
              writer,
              config.maxBlockEvents(),
              Infrastructure.getDefaultWorkerPool(),
              block -> append(stream, block)));
    }
    metrics.gauge("tokenledger.ingest.queued.events", queuedEvents);
  }

  /**
   * Appends one batch.
   *
   * @return completes when the batch is durable; fails with a {@link ProblemException} otherwise
   */
  public Uni<Void> append(AdmittedBatch batch) {
    ProblemException refusal = health.refusal();
    if (refusal != null) {
      return Uni.createFrom().failure(refusal);
    }
    int events = batch.events().size() + batch.links().size();
    if (queuedEvents.addAndGet(events) > config.maxQueuedEvents() && queuedEvents.get() > events) {
      queuedEvents.addAndGet(-events);
      return Uni.createFrom().failure(full("Too many events wait to be written."));
    }
    int any = Math.floorMod(next.getAndIncrement(), shards.size());
    List<Uni<Void>> appends = new ArrayList<>();
    for (BatchParts.Part part : BatchParts.of(batch, shards.size(), config.maxBlockEvents())) {
      appends.add(shards.get(part.shard() == null ? any : part.shard()).append(part));
    }
    // All of them have ended before the request is answered, also when one has failed: what is
    // appended then is harmless, since sending it again counts nothing twice.
    return (appends.size() == 1
            ? appends.get(0)
            : Uni.join().all(appends).andCollectFailures().replaceWithVoid())
        .onFailure(CompositeException.class)
        .transform(e -> ((CompositeException) e).getCauses().get(0))
        .onTermination()
        .invoke(() -> queuedEvents.addAndGet(-events));
  }

  static ProblemException full(String what) {
    return ProblemException.retryable(
        ProblemCode.QUEUE_FULL,
        what + " Nothing of this request was taken; send it again.",
        Duration.ofSeconds(1),
        null);
  }

  private Uni<Void> append(String stream, byte[] block) {
    return Uni.createFrom()
        .deferred(
            () ->
                redis.send(
                    Request.cmd(Command.XADD)
                        .arg(stream)
                        .arg("*")
                        .arg(StreamKeys.BLOCK_FIELD)
                        .arg(Buffer.buffer(block))))
        .ifNoItem()
        .after(ATTEMPT_TIMEOUT)
        .fail()
        .onFailure()
        .retry()
        .withBackOff(Duration.ofMillis(50), Duration.ofSeconds(1))
        .expireIn(config.appendTimeout().toMillis())
        .replaceWithVoid()
        .onFailure()
        .transform(EventStreams::unavailable);
  }

  private static ProblemException unavailable(@Nullable Throwable cause) {
    return ProblemException.retryable(
        ProblemCode.STORE_UNAVAILABLE,
        "The events could not be made durable. Send the request again; nothing is counted twice.",
        Duration.ofSeconds(2),
        cause);
  }
}
