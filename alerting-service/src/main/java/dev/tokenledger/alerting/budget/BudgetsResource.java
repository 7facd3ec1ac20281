package dev.tokenledger.alerting.budget;

import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.admission.AdmissionCache;
import dev.tokenledger.alerting.admission.NamedKeys;
import dev.tokenledger.alerting.channel.NamedChannels;
import dev.tokenledger.alerting.reservation.GuardChanged;
import dev.tokenledger.alerting.reservation.ReservationStore;
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
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
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

  private static final String CHANGE =
      """
      {"amount_usd": "250.00", "thresholds": [50, 80, 100]}""";

  private static final String HARD_STOP =
      """
      {"name": "Everything, strictly", "scope": {}, "amount_usd": "500.00", "period": "daily",
       "type": "hard_stop", "unpriced": "assume", "assumed_usd_per_call": "0.01",
       "when_unavailable": "deny"}""";

  private static final List<Integer> DEFAULT_THRESHOLDS = List.of(50, 75, 90, 100);
  private static final int MAX_PAGE = 200;
  private static final int MAX_BUDGETS = 1_000;

  private final CurrentCaller caller;
  private final Database database;
  private final BudgetStore store;
  private final ReservationStore reservations;
  private final SpendReader spending;
  private final AdmissionCache door;
  private final NamedKeys keys;
  private final Event<GuardChanged> changes;
  private final NamedChannels channels;
  private final Clock clock;

  public BudgetsResource(
      CurrentCaller caller,
      AlertingStart start,
      BudgetStore store,
      ReservationStore reservations,
      UnreadableBudgets unreadable,
      AdmissionCache door,
      NamedKeys keys,
      Event<GuardChanged> changes,
      Clock clock,
      NamedChannels channels) {
    this.channels = channels;
    this.caller = caller;
    this.database = start.database();
    this.store = store;
    this.reservations = reservations;
    this.spending = new SpendReader(start.queries(), unreadable);
    this.door = door;
    this.keys = keys;
    this.changes = changes;
    this.clock = clock;
  }

  /** A page of budgets. */
  public record BudgetPage(List<BudgetView> budgets, @Nullable String cursor) {}

  /**
   * What was spent in a period.
   *
   * @param amountUsd the limit that held then
   * @param updatedAt when it was last looked at
   */
  public record PastPeriod(
      BudgetStatus.PeriodView period,
      String amountUsd,
      String spentUsd,
      String percent,
      long unpricedCalls,
      Instant updatedAt) {}

  /** The periods of a budget, the latest first. */
  public record History(List<PastPeriod> periods) {}

  @POST
  @RolesAllowed(Scope.ADMIN_ROLE)
  @ResponseStatus(201)
  @Operation(
      summary = "Create a budget",
      description =
          "A scope names values of any dimensions of the query API, API keys by their ids; {} is the"
              + " whole tenant. A hard"
              + " stop refuses calls at /v1/budgets/authorize once the amount is spent or reserved.")
  @RequestBody(
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              examples = {
                @ExampleObject(name = "An agent", value = EXAMPLE),
                @ExampleObject(name = "A hard stop", value = HARD_STOP)
              }))
  public BudgetView create(@Nullable BudgetBody body) {
    Caller who = caller.get();
    Budget none =
        new Budget(
            UUID.randomUUID(),
            who.tenantId(),
            "",
            BudgetScope.EVERYTHING,
            0,
            new PeriodRule(PeriodRule.Kind.MONTHLY, ZoneId.of("UTC"), DayOfWeek.MONDAY, 1, 0),
            false,
            DEFAULT_THRESHOLDS,
            List.of(),
            Budget.Unpriced.ALLOW,
            0,
            false,
            true,
            clock.instant());
    Budget budget = changed(none, required(body));
    if (budget.name().isBlank()) {
      throw BudgetBody.invalid("name", "'name' is missing.");
    }
    if (budget.amountNanos() == 0) {
      throw BudgetBody.invalid(
          "amount_usd", "'amount_usd' is missing. Send dollars as text: \"100.00\".");
    }
    checkReadable(budget);
    database.asTenant(
        who.tenantId(),
        connection -> {
          if (store.all(connection, who.tenantId()).size() >= MAX_BUDGETS) {
            throw new ProblemException(
                ProblemCode.CONFLICT,
                "There are " + MAX_BUDGETS + " budgets, which is the most. Delete one first.");
          }
          store.insert(connection, budget, who.actor());
          return null;
        });
    changes.fire(new GuardChanged(who.tenantId()));
    return BudgetView.of(budget);
  }

  /** A scope that cannot be summed up now will not be later: its maker is told at once. */
  private void checkReadable(Budget budget) {
    database.snapshotAsTenant(
        budget.tenantId(),
        connection ->
            spending.read(
                connection, budget.tenantId(), budget.scope(), budget.periodAt(clock.instant())));
  }

  @GET
  @RolesAllowed(Scope.READ_ROLE)
  @Operation(summary = "List budgets")
  public BudgetPage list(
      @QueryParam("limit") @DefaultValue("50") int limit,
      @QueryParam("cursor") @Nullable UUID cursor) {
    checkLimit(limit);
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
  @RequestBody(
      content =
          @Content(
              mediaType = MediaType.APPLICATION_JSON,
              examples = @ExampleObject(name = "Another amount", value = CHANGE)))
  public BudgetView change(@PathParam("id") UUID id, @Nullable BudgetBody body) {
    Budget budget = changed(find(id), required(body));
    checkReadable(budget);
    database.asTenant(
        budget.tenantId(),
        connection -> {
          store.update(connection, budget);
          return null;
        });
    changes.fire(new GuardChanged(budget.tenantId()));
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
    changes.fire(new GuardChanged(tenantId));
  }

  @GET
  @Path("/{id}/status")
  @RolesAllowed(Scope.READ_ROLE)
  @Operation(
      summary = "Where a budget stands in its current period",
      description =
          "Spent, reserved and remaining, how fast it goes, and what is expected by the end of the"
              + " period with the interval that holds four of five outcomes.")
  public BudgetStatus status(@PathParam("id") UUID id) {
    Budget budget = find(id);
    Instant now = clock.instant();
    BudgetPeriod period = budget.periodAt(now);
    try {
      return database.snapshotAsTenant(
          budget.tenantId(), connection -> status(connection, budget, period, now));
    } catch (UnreadableBudgetException e) {
      return database.asTenant(
          budget.tenantId(),
          connection ->
              BudgetStatus.unreadable(
                  budget,
                  period,
                  spending
                      .unreadable(budget)
                      .orElseGet(
                          () ->
                              new UnreadableBudgets.Unreadable(
                                  String.valueOf(e.getMessage()), now)),
                  reservations.reservedNanos(connection, budget.tenantId(), budget.id(), now)));
    }
  }

  private BudgetStatus status(
      Connection connection, Budget budget, BudgetPeriod period, Instant now) throws SQLException {
    Spend spend = spending.read(connection, budget, period);
    Map<Instant, Long> hours = spending.hours(connection, budget, now);
    return BudgetStatus.of(
        budget,
        period,
        spend,
        reservations.reservedNanos(connection, budget.tenantId(), budget.id(), now),
        SpendReader.burnNanosPerHour(hours, period, now),
        SpendForecast.of(
            hours, spend.countedNanos(budget), budget.amountNanos(), now, period.end()));
  }

  @GET
  @Path("/{id}/history")
  @RolesAllowed(Scope.READ_ROLE)
  @Operation(summary = "What was spent in each period", description = "The latest first.")
  public History history(
      @PathParam("id") UUID id, @QueryParam("limit") @DefaultValue("50") int limit) {
    checkLimit(limit);
    Budget budget = find(id);
    return database.asTenant(
        budget.tenantId(),
        connection ->
            new History(
                PeriodHistory.list(connection, budget, limit).stream()
                    .map(
                        past ->
                            new PastPeriod(
                                BudgetStatus.PeriodView.of(past.period()),
                                Money.ofNanos(past.amountNanos()).toUsd(),
                                Money.ofNanos(past.spentNanos()).toUsd(),
                                Percent.of(past.spentNanos(), past.amountNanos()).toPlainString(),
                                past.unpricedCalls(),
                                past.updatedAt()))
                    .toList()));
  }

  private static void checkLimit(int limit) {
    if (limit < 1 || limit > MAX_PAGE) {
      throw new ProblemException(
              ProblemCode.INVALID_PARAMETER, "'limit' must be from 1 to " + MAX_PAGE + ".")
          .with("parameter", "limit");
    }
  }

  private Budget find(UUID id) {
    int tenantId = caller.get().tenantId();
    return database
        .asTenant(tenantId, connection -> store.find(connection, tenantId, id))
        .orElseThrow(BudgetsResource::notFound);
  }

  private Budget changed(Budget budget, BudgetBody body) {
    Budget changed = body.over(budget, user -> door.pseudonym(budget.tenantId(), user));
    if (body.scope() != null) {
      keys.check(changed.tenantId(), "scope", changed.scope().values());
    }
    channels.check(changed.tenantId(), body.channels());
    return changed;
  }

  private static BudgetBody required(@Nullable BudgetBody body) {
    if (body == null) {
      throw BudgetBody.invalid("name", "The body is missing. Send a budget as JSON.");
    }
    return body;
  }

  private static ProblemException notFound() {
    return new ProblemException(ProblemCode.NOT_FOUND, "There is no budget with this id.");
  }
}
