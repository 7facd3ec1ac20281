package dev.tokenledger.alerting.loopguard;

import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.admission.NamedKeys;
import dev.tokenledger.alerting.budget.BudgetScope;
import dev.tokenledger.alerting.reservation.GuardChanged;
import dev.tokenledger.model.money.Money;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.identity.Caller;
import dev.tokenledger.platform.identity.CurrentCaller;
import dev.tokenledger.platform.identity.Scope;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.smallrye.common.annotation.Blocking;
import jakarta.annotation.security.RolesAllowed;
import jakarta.enterprise.event.Event;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.MediaType;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.ExampleObject;
import org.eclipse.microprofile.openapi.annotations.parameters.RequestBody;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jspecify.annotations.Nullable;

/** Loop guards of the caller's tenant. */
@Path("/v1/budgets/loop-guards")
@Blocking
@Tag(name = "Budgets", description = "What may be spent, and what was")
public class LoopGuardsResource {
  private static final String EXAMPLE =
      """
      {"name": "Crawler", "scope": {"agent": "crawler"}, "per": "session", "max_calls": 200,
       "max_depth": 5, "max_repeated_tool_calls": 3, "max_cost_usd": "5.00"}""";

  private static final int MAX_GUARDS = 100;

  private final CurrentCaller caller;
  private final Database database;
  private final LoopGuardStore store;
  private final NamedKeys keys;
  private final Event<GuardChanged> changes;
  private final Clock clock;

  LoopGuardsResource(
      CurrentCaller caller,
      AlertingStart start,
      LoopGuardStore store,
      NamedKeys keys,
      Event<GuardChanged> changes,
      Clock clock) {
    this.caller = caller;
    this.database = start.database();
    this.store = store;
    this.keys = keys;
    this.changes = changes;
    this.clock = clock;
  }

  /** A loop guard as it is sent; at least one bound. */
  public record LoopGuardBody(
      @Nullable String name,
      @Nullable Map<String, Object> scope,
      @Nullable String per,
      @Nullable Long maxCalls,
      @Nullable Integer maxDepth,
      @Nullable Integer maxRepeatedToolCalls,
      @Nullable String maxCostUsd) {}

  /** A loop guard as it is shown. */
  public record LoopGuardView(
      UUID id,
      String name,
      BudgetScope scope,
      String per,
      @Nullable Long maxCalls,
      @Nullable Integer maxDepth,
      @Nullable Integer maxRepeatedToolCalls,
      @Nullable String maxCostUsd,
      Instant createdAt) {
    private static LoopGuardView of(LoopGuard guard) {
      return new LoopGuardView(
          guard.id(),
          guard.name(),
          guard.scope(),
          guard.per().label(),
          guard.maxCalls(),
          guard.maxDepth(),
          guard.maxRepeatedToolCalls(),
          guard.maxCostNanos() == null ? null : Money.ofNanos(guard.maxCostNanos()).toUsd(),
          guard.createdAt());
    }
  }

  /** The tenant's loop guards. */
  public record LoopGuards(List<LoopGuardView> loopGuards) {}

  @POST
  @RolesAllowed(Scope.ADMIN_ROLE)
  @ResponseStatus(201)
  @Operation(
      summary = "Create a loop guard",
      description =
          "Bounds what one session, trace or run may do: calls, depth, the same tool with the same"
              + " arguments, estimated cost. Asked through /v1/budgets/authorize, whose answer names"
              + " the bound that was met.")
  @RequestBody(
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              examples = @ExampleObject(name = "An agent", value = EXAMPLE)))
  public LoopGuardView create(@Nullable LoopGuardBody body) {
    if (body == null || body.name() == null || body.name().isBlank()) {
      throw invalid("name", "'name' is missing.");
    }
    if (body.name().length() > 200) {
      throw invalid("name", "'name' must have 1 to 200 characters.");
    }
    Caller who = caller.get();
    LoopGuard guard =
        new LoopGuard(
            UUID.randomUUID(),
            who.tenantId(),
            body.name(),
            scope(body.scope()),
            per(body.per()),
            atLeastOne("max_calls", body.maxCalls()),
            atLeastOne("max_depth", body.maxDepth()),
            atLeastOne("max_repeated_tool_calls", body.maxRepeatedToolCalls()),
            cost(body.maxCostUsd()),
            clock.instant());
    keys.check(who.tenantId(), "scope", guard.scope().values());
    if (guard.maxCalls() == null
        && guard.maxDepth() == null
        && guard.maxRepeatedToolCalls() == null
        && guard.maxCostNanos() == null) {
      throw invalid(
          "max_calls",
          "A loop guard needs one of max_calls, max_depth, max_repeated_tool_calls and"
              + " max_cost_usd.");
    }
    database.asTenant(
        who.tenantId(),
        connection -> {
          if (store.all(connection, who.tenantId()).size() >= MAX_GUARDS) {
            throw new ProblemException(
                ProblemCode.CONFLICT,
                "There are " + MAX_GUARDS + " loop guards, which is the most. Delete one first.");
          }
          store.insert(connection, guard, who.actor());
          return null;
        });
    changes.fire(new GuardChanged(who.tenantId()));
    return LoopGuardView.of(guard);
  }

  @GET
  @RolesAllowed(Scope.READ_ROLE)
  @Operation(summary = "List loop guards")
  public LoopGuards list() {
    int tenantId = caller.get().tenantId();
    return new LoopGuards(
        database.asTenant(tenantId, connection -> store.all(connection, tenantId)).stream()
            .map(LoopGuardView::of)
            .toList());
  }

  @DELETE
  @Path("/{id}")
  @RolesAllowed(Scope.ADMIN_ROLE)
  @ResponseStatus(204)
  @Operation(summary = "Delete a loop guard")
  public void delete(@PathParam("id") UUID id) {
    int tenantId = caller.get().tenantId();
    if (!database.asTenant(tenantId, connection -> store.delete(connection, tenantId, id))) {
      throw new ProblemException(ProblemCode.NOT_FOUND, "There is no loop guard with this id.");
    }
    changes.fire(new GuardChanged(tenantId));
  }

  private static BudgetScope scope(@Nullable Map<String, Object> scope) {
    try {
      return scope == null ? BudgetScope.EVERYTHING : BudgetScope.parse(scope);
    } catch (IllegalArgumentException e) {
      throw new ProblemException(
              ProblemCode.INVALID_FIELD, "'scope' is not valid: " + e.getMessage() + ".", e)
          .with("field", "scope");
    }
  }

  private static LoopGuard.Per per(@Nullable String per) {
    try {
      return LoopGuard.Per.valueOf(String.valueOf(per).toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw invalid("per", "'per' is session, trace or run.");
    }
  }

  private static <T extends Number> @Nullable T atLeastOne(String field, @Nullable T bound) {
    if (bound != null && bound.longValue() < 1) {
      throw invalid(field, "'" + field + "' must be at least 1.");
    }
    return bound;
  }

  private static @Nullable Long cost(@Nullable String usd) {
    if (usd == null) {
      return null;
    }
    try {
      long nanos = Money.ofUsd(usd.strip()).nanos();
      if (nanos > 0) {
        return nanos;
      }
    } catch (NumberFormatException | ArithmeticException e) {
      throw new ProblemException(
              ProblemCode.INVALID_FIELD, "'max_cost_usd' must be dollars as text: \"5.00\".", e)
          .with("field", "max_cost_usd");
    }
    throw invalid("max_cost_usd", "'max_cost_usd' must be above zero.");
  }

  private static ProblemException invalid(String field, String detail) {
    return new ProblemException(ProblemCode.INVALID_FIELD, detail).with("field", field);
  }
}
