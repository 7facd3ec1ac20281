package dev.tokenledger.alerting.guard;

import dev.tokenledger.platform.redis.RedisUnavailableException;
import io.smallrye.common.vertx.VertxContext;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.mutiny.redis.client.Redis;
import io.vertx.redis.client.Response;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;

/**
 * Puts questions to Redis. Those that come within one turn of an event loop go together, in one run
 * of the script: the busier the process, the less each costs.
 *
 * <p>A Redis that does not know the script has been started since it last decided. What it found in
 * its files may be older than what it answered before, so all of it is forgotten in the same moment
 * in which the script becomes known.
 */
public final class AuthorizeBatcher {
  private static final Logger LOG = Logger.getLogger(AuthorizeBatcher.class);

  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  /** In one run of the script, which holds up everybody else's commands as long as it takes. */
  private static final int MAX_TOGETHER = 50;

  private final Queue<Question> asked = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean collecting = new AtomicBoolean();
  private final RedisScript script;

  public AuthorizeBatcher(Redis redis) {
    this.script = new RedisScript(redis, GuardScripts.AUTHORIZE);
  }

  /**
   * A question of a tenant.
   *
   * @param loops the keys of its loop counters
   * @param arguments as {@link GuardScripts#AUTHORIZE} takes them for each question
   */
  private record Question(
      int tenantId,
      List<String> loops,
      List<String> arguments,
      CompletableFuture<Response> answer) {}

  /**
   * The script's answer; fails with a {@link RedisUnavailableException} when Redis cannot be
   * reached or does not answer in time.
   */
  public CompletionStage<Response> ask(int tenantId, List<String> loops, List<String> arguments) {
    Question question = new Question(tenantId, loops, arguments, new CompletableFuture<>());
    asked.add(question);
    if (collecting.compareAndSet(false, true)) {
      Context turn = Vertx.currentContext();
      if (turn == null) {
        putAll();
      } else {
        // Not in that of a request: what belongs to one must not be seen by the others.
        VertxContext.getRootContext(turn).runOnContext(end -> putAll());
      }
    }
    return question.answer;
  }

  private void putAll() {
    collecting.set(false);
    Map<Integer, List<Question>> byTenant = new LinkedHashMap<>();
    Question next;
    while ((next = asked.poll()) != null) {
      List<Question> together =
          byTenant.computeIfAbsent(next.tenantId, tenant -> new ArrayList<>());
      together.add(next);
      if (together.size() == MAX_TOGETHER) {
        put(next.tenantId, byTenant.remove(next.tenantId));
      }
    }
    byTenant.forEach(this::put);
  }

  private void put(int tenantId, List<Question> questions) {
    List<String> keys = new ArrayList<>(GuardKeys.inForce(tenantId));
    List<String> arguments = new ArrayList<>();
    arguments.add(Integer.toString(questions.size()));
    for (Question question : questions) {
      keys.addAll(question.loops);
      arguments.addAll(question.arguments);
    }
    script
        .runKnown(keys, arguments)
        .recover(
            e ->
                RedisScript.isUnknown(e)
                    ? beginAnew(tenantId).compose(begun -> script.runKnown(keys, arguments))
                    : Future.failedFuture(e))
        .timeout(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
        .onComplete(
            answers -> {
              for (int i = 0; i < questions.size(); i++) {
                questions.get(i).answer.complete(answers.get(i));
              }
            },
            e -> {
              RuntimeException failure = RedisUnavailableException.orSame(e);
              questions.forEach(question -> question.answer.completeExceptionally(failure));
            });
  }

  private Future<Response> beginAnew(int tenantId) {
    LOG.info("the guard's Redis was started: what it holds is made anew");
    return script.introduce(GuardKeys.inForce(tenantId), List.of("0"));
  }
}
