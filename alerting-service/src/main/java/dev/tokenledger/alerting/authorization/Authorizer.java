package dev.tokenledger.alerting.authorization;

import dev.tokenledger.alerting.admission.AdmissionCache;
import dev.tokenledger.alerting.admission.NamedKeys;
import dev.tokenledger.alerting.budget.Budget;
import dev.tokenledger.alerting.guard.AuthorizationRequest;
import dev.tokenledger.alerting.guard.AuthorizeBatcher;
import dev.tokenledger.alerting.guard.GuardKeys;
import dev.tokenledger.alerting.guard.GuardScripts;
import dev.tokenledger.alerting.guard.GuardSnapshot;
import dev.tokenledger.alerting.guard.GuardState;
import dev.tokenledger.alerting.guard.RedisScript;
import dev.tokenledger.alerting.guard.ReservationWriter;
import dev.tokenledger.alerting.guard.UnknownBalance;
import dev.tokenledger.alerting.loopguard.LoopGuard;
import dev.tokenledger.alerting.reservation.Reservation;
import dev.tokenledger.platform.identity.Caller;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import dev.tokenledger.platform.redis.RedisUnavailableException;
import io.quarkus.redis.client.RedisClientName;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import io.vertx.mutiny.redis.client.Redis;
import io.vertx.redis.client.Response;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a call may be made, and reserves what it is expected to cost. Never blocks:
 * decisions are made by one script in Redis, reservations committed by {@link ReservationWriter},
 * and what has to be read first is read on a worker. The steps are plain futures, which do not
 * carry the contexts of a request from each to the next: nothing here needs them.
 */
@ApplicationScoped
class Authorizer {
  private static final Logger LOG = Logger.getLogger(Authorizer.class);

  /** How often a decision is begun anew, because budgets or what Redis holds have changed. */
  private static final int MAX_ATTEMPTS = 8;

  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  /** How long Postgres is waited for, within a decision. */
  private static final Duration STORE_TIMEOUT = Duration.ofSeconds(4);

  /** How long the counters of a session, trace or run outlive its last call. */
  private static final Duration LOOP_MEMORY = Duration.ofHours(24);

  private final GuardState guards;
  private final LoopHistory history;
  private final ReservationWriter writer;
  private final AdmissionCache door;
  private final NamedKeys keys;
  private final AuthorizeBatcher questions;
  private final RedisScript release;
  private final Clock clock;

  Authorizer(
      GuardState guards,
      LoopHistory history,
      ReservationWriter writer,
      AdmissionCache door,
      NamedKeys keys,
      @RedisClientName(GuardKeys.REDIS) Redis redis,
      Clock clock) {
    this.guards = guards;
    this.history = history;
    this.writer = writer;
    this.door = door;
    this.keys = keys;
    this.questions = new AuthorizeBatcher(redis);
    this.release = new RedisScript(redis, GuardScripts.RELEASE_ONE);
    this.clock = clock;
  }

  /**
   * What is being decided.
   *
   * @param id of the reservation, should there be one
   * @param seeds counts of loop guards so far, where they were looked up
   */
  private record Attempt(
      AuthorizationRequest request, UUID id, Map<LoopGuard, LoopHistory.Counts> seeds, int number) {
    Attempt next() {
      return new Attempt(request, id, seeds, number + 1);
    }

    Attempt with(Map<LoopGuard, LoopHistory.Counts> found) {
      return new Attempt(request, id, Map.copyOf(found), number + 1);
    }
  }

  /** A request against the book of its tenant. */
  private record Case(
      Attempt attempt,
      GuardSnapshot book,
      Map<Budget, Long> amounts,
      List<LoopGuard> loops,
      Estimate estimate) {
    int tenantId() {
      return book.tenantId();
    }

    List<Budget> budgets() {
      return List.copyOf(amounts.keySet());
    }

    @Nullable Long nanos() {
      return estimate instanceof Estimate.Amount amount
          ? Long.valueOf(amount.nanos())
          : estimate instanceof Estimate.Free ? Long.valueOf(0) : null;
    }
  }

  /**
   * Decides on what a caller asks. Fails with a {@link ProblemException} when that cannot be done
   * at all, at once or in the answer.
   *
   * @param apiKey the key that the caller names, if any
   * @param request makes the request of what was sent; on a worker when the tenant's pseudonyms or
   *     the key, made a moment ago, have to be read first
   */
  CompletionStage<Decision> decide(
      Caller caller, @Nullable String apiKey, Supplier<AuthorizationRequest> request) {
    int tenantId = caller.tenantId();
    return door.knows(tenantId) && (apiKey == null || keys.knows(tenantId, apiKey))
        ? decide(request.get())
        : onWorker(request).thenCompose(this::decide);
  }

  private CompletionStage<Decision> decide(AuthorizationRequest request) {
    return attempt(new Attempt(request, UUID.randomUUID(), Map.of(), 1));
  }

  private CompletionStage<Decision> attempt(Attempt attempt) {
    if (attempt.number > MAX_ATTEMPTS) {
      return CompletableFuture.failedStage(
          ProblemException.retryable(
              ProblemCode.STORE_UNAVAILABLE,
              "Budgets are being changed or read again. Try again in a moment.",
              Duration.ofSeconds(1),
              null));
    }
    GuardSnapshot known = guards.known(attempt.request.tenantId());
    return known == null
        ? onWorker(() -> guards.load(attempt.request.tenantId()))
            .thenCompose(book -> decide(attempt, book))
        : decide(attempt, known);
  }

  private CompletionStage<Decision> decide(Attempt attempt, GuardSnapshot book) {
    AuthorizationRequest request = attempt.request;
    Estimate estimate = Estimate.of(request, door.book(), clock.instant());
    List<Budget> matching =
        estimate instanceof Estimate.Free ? List.of() : book.matching(request.subject());
    Map<Budget, Long> amounts = new LinkedHashMap<>();
    for (Budget budget : matching) {
      if (estimate instanceof Estimate.Unpriced) {
        if (budget.hardStop() && budget.unpriced() == Budget.Unpriced.DENY) {
          return CompletableFuture.completedStage(refused(matching, budget));
        }
        amounts.put(budget, budget.assumedNanos());
      } else {
        amounts.put(budget, estimate instanceof Estimate.Amount amount ? amount.nanos() : 0L);
      }
    }
    List<LoopGuard> loops = book.counting(request);
    // Asked also when nothing matches: only Redis knows whether the book is still the one in force.
    return ask(new Case(attempt, book, amounts, loops, estimate));
  }

  private static Decision refused(List<Budget> matching, Budget by) {
    return new Decision(
        false,
        Decision.Reason.UNPRICED_MODEL,
        false,
        null,
        null,
        null,
        matching.stream()
            .map(budget -> new Decision.Standing(budget, null, null, budget.equals(by)))
            .toList(),
        null,
        null);
  }

  private CompletionStage<Decision> ask(Case asked) {
    Instant now = clock.instant();
    Instant expires = now.plus(asked.attempt.request.lease());
    return questions
        .ask(asked.tenantId(), loopKeys(asked), arguments(asked, now, expires))
        .thenCompose(answer -> follow(asked, answer, expires))
        .exceptionallyCompose(
            failure -> {
              LOG.debugf(failure, "there is no decision");
              return isUnavailable(failure)
                  ? CompletableFuture.completedStage(unavailable(asked))
                  : CompletableFuture.failedStage(failure);
            });
  }

  private CompletionStage<Decision> follow(Case asked, Response answer, Instant expires) {
    return switch (kind(answer)) {
      case "missing" -> rebuilt(asked, 0);
      case "stale" -> {
        long redisEpoch = answer.get(1).toLong();
        yield onWorker(() -> guards.reload(asked.book))
            .thenCompose(
                book ->
                    book.epoch() == asked.book.epoch()
                        ? rebuilt(asked, redisEpoch)
                        : attempt(asked.attempt.next()));
      }
      case "period" ->
          onWorker(
                  () -> {
                    guards.refresh(asked.tenantId());
                    return asked.attempt.next();
                  })
              .thenCompose(this::attempt);
      case "unseeded" ->
          onWorker(() -> history.of(asked.attempt.request, asked.loops))
              .thenCompose(found -> attempt(asked.attempt.with(found)));
      default -> decided(asked, answer, expires);
    };
  }

  private CompletionStage<Decision> rebuilt(Case asked, long redisEpoch) {
    return onWorker(
            () -> {
              guards.rebuild(asked.book, redisEpoch);
              return asked.attempt.next();
            })
        .thenCompose(this::attempt);
  }

  private CompletionStage<Decision> decided(Case asked, Response answer, Instant expires) {
    Decision decision = decision(asked, answer, expires);
    if (decision.reservation() == null) {
      return CompletableFuture.completedStage(decision);
    }
    AuthorizationRequest request = asked.attempt.request;
    Map<UUID, Long> held = new LinkedHashMap<>();
    asked.amounts.forEach((budget, amount) -> held.put(budget.id(), amount));
    Reservation reservation =
        new Reservation(
            asked.attempt.id,
            asked.tenantId(),
            asked.nanos() == null ? 0 : asked.nanos(),
            held,
            request.subject(),
            request.traceId(),
            request.spanId(),
            clock.instant(),
            expires);
    // A commit that comes after this is one that nobody hears of; it ends with its lease.
    return inTime(writer.write(reservation, asked.book.epoch()).toCompletableFuture())
        .thenCompose(
            written ->
                written
                    ? CompletableFuture.completedStage(decision)
                    // Decided by what is no longer so.
                    : onWorker(() -> guards.reload(asked.book))
                        .thenCompose(book -> attempt(asked.attempt.next())))
        .exceptionallyCompose(
            failure -> {
              LOG.debugf(failure, "reservation %s could not be committed", reservation.id());
              return isUnavailable(failure)
                  ? give(asked).thenCompose(given -> CompletableFuture.failedStage(failure))
                  : CompletableFuture.failedStage(failure);
            });
  }

  /** Gives back what Redis holds for a reservation that was not committed; else its lease does. */
  private CompletionStage<Void> give(Case asked) {
    return release
        .run(
            GuardKeys.inForce(asked.tenantId()),
            List.of(Long.toString(asked.book.epoch()), asked.attempt.id.toString()))
        .timeout(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
        .onFailure(e -> LOG.debugf(e, "reservation %s ends with its lease", asked.attempt.id))
        .otherwiseEmpty()
        .<Void>mapEmpty()
        .toCompletionStage();
  }

  private static String kind(Response answer) {
    return answer.get(0).toString();
  }

  private static Decision decision(Case asked, Response answer, Instant expires) {
    boolean again = kind(answer).equals("again");
    boolean allowed = again || kind(answer).equals("allow");
    String bound = again ? "" : answer.get(1).toString();
    LoopGuard loop = bound.isEmpty() ? null : asked.loops.get(answer.get(2).toInteger());
    List<Decision.Standing> standings = new ArrayList<>();
    boolean degraded = false;
    boolean exceeded = false;
    int at = 3;
    for (Budget budget : asked.budgets()) {
      if (again) {
        standings.add(new Decision.Standing(budget, null, null, false));
        continue;
      }
      long available = answer.get(at).toLong();
      boolean unknown = UnknownBalance.is(available);
      standings.add(
          new Decision.Standing(
              budget,
              unknown ? null : available,
              unknown ? null : answer.get(at + 1).toLong(),
              answer.get(at + 2).toInteger() == 1));
      degraded |= unknown && budget.hardStop();
      exceeded |= !unknown && answer.get(at + 2).toInteger() == 1;
      at += 3;
    }
    boolean held = allowed && asked.attempt.request.reserve() && !asked.amounts.isEmpty();
    return new Decision(
        allowed,
        allowed
            ? null
            : loop != null
                ? Decision.Reason.LOOP_BOUND_MET
                : exceeded ? Decision.Reason.BUDGET_EXCEEDED : Decision.Reason.GUARD_UNAVAILABLE,
        degraded,
        held ? asked.attempt.id : null,
        held ? expires : null,
        asked.nanos(),
        standings,
        loop,
        loop == null ? null : bound);
  }

  /** What is answered while it cannot be known what is left: what the budgets say of that. */
  private static Decision unavailable(Case asked) {
    List<Decision.Standing> standings =
        asked.budgets().stream()
            .map(
                budget ->
                    new Decision.Standing(
                        budget, null, null, budget.hardStop() && !budget.allowWhenUnavailable()))
            .toList();
    boolean allowed = standings.stream().noneMatch(Decision.Standing::refused);
    return new Decision(
        allowed,
        allowed ? null : Decision.Reason.GUARD_UNAVAILABLE,
        true,
        null,
        null,
        asked.nanos(),
        standings,
        null,
        null);
  }

  private static List<String> loopKeys(Case asked) {
    return asked.loops.stream()
        .map(
            guard ->
                GuardKeys.loop(
                    asked.tenantId(),
                    guard,
                    String.valueOf(asked.attempt.request.counted(guard.per()))))
        .toList();
  }

  private static List<String> arguments(Case asked, Instant now, Instant expires) {
    AuthorizationRequest request = asked.attempt.request;
    List<String> arguments = new ArrayList<>();
    arguments.add(Long.toString(asked.book.epoch()));
    arguments.add(Long.toString(now.toEpochMilli()));
    arguments.add(request.reserve() ? asked.attempt.id.toString() : "");
    arguments.add(Long.toString(expires.toEpochMilli()));
    arguments.add(Integer.toString(asked.amounts.size()));
    boolean unknown = asked.estimate instanceof Estimate.Unknown;
    asked.amounts.forEach(
        (budget, amount) -> {
          arguments.add(budget.id().toString());
          arguments.add(Long.toString(amount));
          arguments.add(budget.hardStop() ? "1" : "0");
          arguments.add(unknown ? "1" : "0");
        });
    arguments.add(Integer.toString(asked.loops.size()));
    arguments.add(Long.toString(LOOP_MEMORY.toSeconds()));
    Long nanos = asked.nanos();
    for (LoopGuard guard : asked.loops) {
      arguments.add(text(guard.maxCalls()));
      arguments.add(text(guard.maxDepth()));
      arguments.add(text(guard.maxRepeatedToolCalls()));
      arguments.add(text(guard.maxCostNanos()));
      arguments.add(text(request.depth()));
      arguments.add(text(request.toolCall()));
      arguments.add(nanos == null ? "0" : nanos.toString());
      LoopHistory.Counts seed = asked.attempt.seeds.get(guard);
      arguments.add(seed == null ? "" : Long.toString(seed.calls()));
      arguments.add(seed == null ? "" : Long.toString(seed.costNanos()));
    }
    return arguments;
  }

  private static String text(@Nullable Object value) {
    return value == null ? "" : value.toString();
  }

  private static boolean isUnavailable(Throwable failure) {
    Throwable e = failure instanceof CompletionException ? failure.getCause() : failure;
    return e instanceof RedisUnavailableException
        || e instanceof ProblemException problem
            && (problem.code() == ProblemCode.STORE_UNAVAILABLE
                || problem.code() == ProblemCode.BUSY
                || problem.code() == ProblemCode.QUEUE_FULL);
  }

  private static <T> CompletableFuture<T> onWorker(Supplier<T> work) {
    return inTime(CompletableFuture.supplyAsync(work, Infrastructure.getDefaultWorkerPool()));
  }

  /** A store that takes too long is one that is away. */
  private static <T> CompletableFuture<T> inTime(CompletableFuture<T> work) {
    return work.orTimeout(STORE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
        .exceptionallyCompose(
            failure ->
                CompletableFuture.failedFuture(
                    failure instanceof TimeoutException
                        ? ProblemException.retryable(
                            ProblemCode.STORE_UNAVAILABLE,
                            "The database does not answer in time. Try again in a moment.",
                            Duration.ofSeconds(2),
                            failure)
                        : failure));
  }
}
