package dev.tokenledger.alerting.budget;

import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.model.money.Money;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.identity.Caller;
import dev.tokenledger.platform.identity.CurrentCaller;
import dev.tokenledger.platform.identity.Scope;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.smallrye.common.annotation.Blocking;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
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

/** Budgets of the caller's tenant. */
@Path("/v1/budgets")
@Blocking
@Tag(name = "Budgets", description = "What may be spent, and what was")
public class BudgetsResource {
  private static final String EXAMPLE =
      """
      {"name": "Support bots", "scope": {"agent": "support-bot"}, "amount_usd": "100.00",
       "period": "monthly", "timezone": "Europe/Berlin", "thresholds": [50, 75, 90, 100]}""";

  private static final List<Integer> DEFAULT_THRESHOLDS = List.of(50, 75, 90, 100);
  private static final int MAX_THRESHOLDS = 10;
  private static final int MAX_PAGE = 200;

  private final CurrentCaller caller;
  private final Database database;
  private final BudgetStore store;
  private final Clock clock;

  public BudgetsResource(
      CurrentCaller caller, AlertingStart start, BudgetStore store, Clock clock) {
    this.caller = caller;
    this.database = start.database();
    this.store = store;
    this.clock = clock;
  }

  /** A budget as it is sent; in a change, what is absent stays as it is. */
  public record BudgetBody(
      @Nullable String name,
      @Nullable Map<String, String> scope,
      @Nullable String amountUsd,
      @Nullable String period,
      @Nullable Integer rollingDays,
      @Nullable String timezone,
      @Nullable String type,
      @Nullable List<Integer> thresholds,
      @Nullable List<UUID> channels) {}

  /** A budget as it is shown. */
  public record BudgetView(
      UUID id,
      String name,
      Map<String, String> scope,
      String amountUsd,
      String period,
      @Nullable Integer rollingDays,
      String timezone,
      String type,
      List<Integer> thresholds,
      List<UUID> channels,
      Instant createdAt) {
    private static BudgetView of(Budget budget) {
      return new BudgetView(
          budget.id(),
          budget.name(),
          budget.scope(),
          Money.ofNanos(budget.amountNanos()).toUsd(),
          budget.periodLabel(),
          budget.rollingDays() == 0 ? null : budget.rollingDays(),
          budget.zone().getId(),
          budget.hardStop() ? "hard_stop" : "warning",
          budget.thresholds(),
          budget.channels(),
          budget.createdAt());
    }
  }

  /** A page of budgets. */
  public record BudgetPage(List<BudgetView> budgets, @Nullable String cursor) {}

  /** The period that a status is about. */
  public record PeriodView(Instant start, Instant end) {}

  /**
   * Where a budget stands.
   *
   * @param remainingUsd what is left, negative once the budget is exceeded
   * @param percent spent, of the limit, rounded down
   * @param unpricedCalls calls whose cost is not known and not in what was spent
   */
  public record Status(
      BudgetView budget,
      PeriodView period,
      String spentUsd,
      String remainingUsd,
      String percent,
      List<Integer> thresholdsCrossed,
      long unpricedCalls) {}

  @POST
  @RolesAllowed(Scope.ADMIN_ROLE)
  @ResponseStatus(201)
  @Operation(summary = "Create a budget")
  @RequestBody(content = @Content(examples = @ExampleObject(name = "An agent", value = EXAMPLE)))
  public BudgetView create(@Nullable BudgetBody body) {
    Caller who = caller.get();
    Budget none =
        new Budget(
            UUID.randomUUID(),
            who.tenantId(),
            "",
            Map.of(),
            0,
            BudgetPeriod.Kind.MONTHLY,
            0,
            ZoneId.of("UTC"),
            false,
            DEFAULT_THRESHOLDS,
            List.of(),
            clock.instant());
    Budget budget = changed(none, required(body));
    if (budget.name().isBlank()) {
      throw invalid("name", "'name' is missing.");
    }
    if (budget.amountNanos() == 0) {
      throw invalid("amount_usd", "'amount_usd' is missing. Send dollars as text: \"100.00\".");
    }
    database.asTenant(
        who.tenantId(),
        connection -> {
          store.insert(connection, budget, who.actor());
          return null;
        });
    return BudgetView.of(budget);
  }

  @GET
  @RolesAllowed(Scope.READ_ROLE)
  @Operation(summary = "List budgets")
  public BudgetPage list(
      @QueryParam("limit") @DefaultValue("50") int limit,
      @QueryParam("cursor") @Nullable UUID cursor) {
    if (limit < 1 || limit > MAX_PAGE) {
      throw new ProblemException(
              ProblemCode.INVALID_PARAMETER, "'limit' must be from 1 to " + MAX_PAGE + ".")
          .with("parameter", "limit");
    }
    int tenantId = caller.get().tenantId();
    List<Budget> budgets =
        database.asTenant(
            tenantId, connection -> store.page(connection, tenantId, limit + 1, cursor));
    boolean more = budgets.size() > limit;
    List<Budget> page = more ? budgets.subList(0, limit) : budgets;
    return new BudgetPage(
        page.stream().map(BudgetView::of).toList(),
        more ? page.get(limit - 1).id().toString() : null);
  }

  @GET
  @Path("/{id}")
  @RolesAllowed(Scope.READ_ROLE)
  @Operation(summary = "Get a budget")
  public BudgetView get(@PathParam("id") UUID id) {
    return BudgetView.of(find(id));
  }

  @PATCH
  @Path("/{id}")
  @RolesAllowed(Scope.ADMIN_ROLE)
  @Operation(summary = "Change a budget", description = "What is absent stays as it is.")
  public BudgetView change(@PathParam("id") UUID id, @Nullable BudgetBody body) {
    Budget budget = changed(find(id), required(body));
    database.asTenant(
        budget.tenantId(),
        connection -> {
          store.update(connection, budget);
          return null;
        });
    return BudgetView.of(budget);
  }

  @DELETE
  @Path("/{id}")
  @RolesAllowed(Scope.ADMIN_ROLE)
  @ResponseStatus(204)
  @Operation(summary = "Delete a budget")
  public void delete(@PathParam("id") UUID id) {
    int tenantId = caller.get().tenantId();
    if (!database.asTenant(tenantId, connection -> store.delete(connection, tenantId, id))) {
      throw notFound();
    }
  }

  @GET
  @Path("/{id}/status")
  @RolesAllowed(Scope.READ_ROLE)
  @Operation(summary = "Where a budget stands in its current period")
  public Status status(@PathParam("id") UUID id) {
    Budget budget = find(id);
    BudgetPeriod period = budget.periodAt(clock.instant());
    Spend spend =
        database.snapshotAsTenant(
            budget.tenantId(), connection -> SpendReader.read(connection, budget, period));
    BigDecimal percent = percent(spend.nanos(), budget.amountNanos());
    return new Status(
        BudgetView.of(budget),
        new PeriodView(period.start(), period.end()),
        Money.ofNanos(spend.nanos()).toUsd(),
        Money.ofNanos(budget.amountNanos() - spend.nanos()).toUsd(),
        percent.toPlainString(),
        budget.thresholds().stream()
            .filter(threshold -> percent.compareTo(BigDecimal.valueOf(threshold)) >= 0)
            .toList(),
        spend.unpricedCalls());
  }

  /** Spent of the limit in percent, rounded down so that 100 is never shown too early. */
  public static BigDecimal percent(long spentNanos, long limitNanos) {
    return BigDecimal.valueOf(spentNanos)
        .multiply(BigDecimal.valueOf(100))
        .divide(BigDecimal.valueOf(limitNanos), 2, RoundingMode.DOWN);
  }

  private Budget find(UUID id) {
    int tenantId = caller.get().tenantId();
    return database
        .asTenant(tenantId, connection -> store.find(connection, tenantId, id))
        .orElseThrow(BudgetsResource::notFound);
  }

  private static Budget changed(Budget budget, BudgetBody body) {
    BudgetPeriod.Kind period = body.period() == null ? budget.period() : period(body.period());
    return new Budget(
        budget.id(),
        budget.tenantId(),
        body.name() == null ? budget.name() : name(body.name()),
        body.scope() == null ? budget.scope() : scope(body.scope()),
        body.amountUsd() == null ? budget.amountNanos() : amount(body.amountUsd()),
        period,
        rollingDays(period, body.rollingDays() == null ? budget.rollingDays() : body.rollingDays()),
        body.timezone() == null ? budget.zone() : zone(body.timezone()),
        body.type() == null ? budget.hardStop() : isHardStop(body.type()),
        body.thresholds() == null ? budget.thresholds() : thresholds(body.thresholds()),
        body.channels() == null ? budget.channels() : body.channels(),
        budget.createdAt());
  }

  private static BudgetBody required(@Nullable BudgetBody body) {
    if (body == null) {
      throw invalid("name", "The body is missing. Send a budget as JSON.");
    }
    return body;
  }

  private static String name(String name) {
    if (name.isBlank() || name.length() > 200) {
      throw invalid("name", "'name' must have 1 to 200 characters.");
    }
    return name;
  }

  private static Map<String, String> scope(Map<String, String> scope) {
    for (Map.Entry<String, String> entry : scope.entrySet()) {
      if (!SpendReader.DIMENSIONS.containsKey(entry.getKey())
          || entry.getValue() == null
          || entry.getValue().isBlank()) {
        throw invalid(
            "scope",
            "'scope' names a value for some of "
                + String.join(", ", SpendReader.DIMENSIONS.keySet())
                + ".");
      }
    }
    if (SpendReader.cuboid(scope).isEmpty()) {
      throw invalid(
          "scope",
          "These dimensions are not kept together. A user goes with project, environment and model;"
              + " a prompt with project, environment and model.");
    }
    return scope;
  }

  private static long amount(String amount) {
    try {
      long nanos = Money.ofUsd(amount.strip()).nanos();
      if (nanos > 0) {
        return nanos;
      }
    } catch (NumberFormatException | ArithmeticException e) {
      throw new ProblemException(
              ProblemCode.INVALID_FIELD, "'amount_usd' must be dollars as text: \"100.00\".", e)
          .with("field", "amount_usd");
    }
    throw invalid("amount_usd", "'amount_usd' must be above zero.");
  }

  private static BudgetPeriod.Kind period(String period) {
    try {
      return BudgetPeriod.Kind.valueOf(period.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw invalid("period", "'period' is hourly, daily, weekly, monthly or rolling.");
    }
  }

  private static int rollingDays(BudgetPeriod.Kind period, int days) {
    if (period != BudgetPeriod.Kind.ROLLING) {
      return 0;
    }
    if (days < 1 || days > 366) {
      throw invalid("rolling_days", "A rolling period needs 'rolling_days' from 1 to 366.");
    }
    return days;
  }

  private static ZoneId zone(String zone) {
    try {
      return ZoneId.of(zone);
    } catch (DateTimeException e) {
      throw invalid("timezone", "'timezone' must be an IANA name, such as Europe/Berlin.");
    }
  }

  private static boolean isHardStop(String type) {
    return switch (type) {
      case "warning" -> false;
      case "hard_stop" -> true;
      default -> throw invalid("type", "'type' is warning or hard_stop.");
    };
  }

  private static List<Integer> thresholds(List<Integer> thresholds) {
    boolean valid =
        !thresholds.isEmpty()
            && thresholds.size() <= MAX_THRESHOLDS
            && thresholds.stream().allMatch(t -> t != null && t >= 1 && t <= 1_000);
    if (!valid) {
      throw invalid(
          "thresholds", "'thresholds' are 1 to " + MAX_THRESHOLDS + " percents from 1 to 1000.");
    }
    return thresholds.stream().distinct().sorted().toList();
  }

  private static ProblemException notFound() {
    return new ProblemException(ProblemCode.NOT_FOUND, "There is no budget with this id.");
  }

  private static ProblemException invalid(String field, String detail) {
    return new ProblemException(ProblemCode.INVALID_FIELD, detail).with("field", field);
  }
}
