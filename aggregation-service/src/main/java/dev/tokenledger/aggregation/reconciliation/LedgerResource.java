package dev.tokenledger.aggregation.reconciliation;

import dev.tokenledger.aggregation.AggregationStart;
import dev.tokenledger.aggregation.deadletter.DeadLetters;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.platform.StreamConfig;
import dev.tokenledger.platform.identity.CurrentCaller;
import dev.tokenledger.platform.identity.Scope;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import dev.tokenledger.platform.redis.BlockingRedis;
import dev.tokenledger.platform.redis.RedisUnavailableException;
import dev.tokenledger.platform.text.Instants;
import io.smallrye.common.annotation.Blocking;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** Proof that the ledger is exact. */
@Path("/v1/ledger/reconciliation")
@Blocking
@RolesAllowed(Scope.READ_ROLE)
@Tag(name = "Ledger", description = "What is counted, and proof that it is exact")
public class LedgerResource {
  private static final Duration LONGEST = Duration.ofDays(366);

  /** How long a caller waits for the reconciliation of another; a worker is held meanwhile. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final int MOST_WAITING = 4;

  /** Each reads every event of its period, so one is worked on at a time. */
  private final Semaphore free = new Semaphore(1, true);

  private final CurrentCaller caller;
  private final Reconciliation reconciliation;
  private final Clock clock;

  public LedgerResource(
      CurrentCaller caller,
      AggregationStart settle,
      BlockingRedis redis,
      DeadLetters deadLetters,
      StreamConfig streams,
      Clock clock) {
    this.caller = caller;
    this.reconciliation = new Reconciliation(settle.database(), redis, deadLetters, streams, clock);
    this.clock = clock;
  }

  @GET
  @Operation(
      summary = "Reconcile a period",
      description =
          "Adds the events that started in the period up in four ways (accepted, stored, rolled up,"
              + " hot) and says whether they agree, in every measure and to the nano-dollar. Events"
              + " in dead letters are accepted and not stored: while there are any, it does not. The"
              + " period is widened to whole hours; without one, it is the last 24 hours. One is"
              + " worked on at a time; who waits too long for others gets 503 `busy`.")
  public ReconciliationAnswer reconcile(
      @Parameter(description = "RFC 3339 or a date", example = "2026-11-20T00:00:00Z")
          @QueryParam("start")
          @Nullable String start,
      @Parameter(description = "RFC 3339 or a date; exclusive") @QueryParam("end")
          @Nullable String end,
      @Context RoutingContext request) {
    Instant now = clock.instant();
    Instant from = start == null ? now.minus(Duration.ofDays(1)) : time("start", start);
    Instant until = end == null ? now.plus(Grain.HOUR.length()) : time("end", end);
    if (!from.isBefore(until)) {
      throw invalid("start", "'start' must lie before 'end'.");
    }
    if (Duration.between(from, until).compareTo(LONGEST) > 0) {
      throw invalid("start", "A period has 366 days at most.");
    }
    Instant startHour = Grain.HOUR.floor(from);
    Instant endHour = Grain.HOUR.floor(until.plus(Grain.HOUR.length()).minusNanos(1));
    enter();
    try {
      return ReconciliationAnswer.of(
          reconciliation.of(
              caller.get().tenantId(), startHour, endHour, request.response()::closed));
    } catch (RedisUnavailableException e) {
      throw ProblemException.retryable(
          ProblemCode.STORE_UNAVAILABLE,
          "Redis cannot be reached, so it cannot be compared.",
          Duration.ofSeconds(2),
          e);
    } finally {
      free.release();
    }
  }

  private void enter() {
    try {
      if (free.getQueueLength() < MOST_WAITING
          && free.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw ProblemException.retryable(
        ProblemCode.BUSY,
        "Other reconciliations are being worked on. Ask again in a moment.",
        PATIENCE,
        null);
  }

  private static Instant time(String name, String text) {
    try {
      return Instants.parse(text, ZoneOffset.UTC);
    } catch (DateTimeException e) {
      throw invalid(
          name,
          "'" + name + "' must be RFC 3339 or a date, as 2026-11-20T00:00:00Z or 2026-11-20.");
    }
  }

  private static ProblemException invalid(String parameter, String detail) {
    return new ProblemException(ProblemCode.INVALID_PARAMETER, detail).with("parameter", parameter);
  }
}
