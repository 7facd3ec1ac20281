package dev.tokenledger.alerting.budget;

import dev.tokenledger.alerting.incident.Condition;
import dev.tokenledger.alerting.incident.Incidents;
import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.alerting.notification.Severity;
import dev.tokenledger.model.money.Money;
import dev.tokenledger.platform.database.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Compares budgets with the ledger. What is read is absolute, so evaluating often, seldom, late or
 * in several processes gives the same: a threshold's crossing is a row whose key is the budget, the
 * period and the threshold, and the incident opens or escalates in the transaction that makes the
 * row. It ends with the period. A budget's row is locked before its spend is read: what one process
 * has told cannot be ended by another that has read less.
 */
final class BudgetEvaluation {
  /** How long after its end a period is still looked at: late events belong to it. */
  private static final Duration LATE = Duration.ofHours(1);

  /** How often, and how far back, the history of periods that are over is corrected. */
  private static final Duration CORRECT_EVERY = Duration.ofMinutes(10);

  private static final Duration CORRECTED = Duration.ofDays(32);
  private static final int MOST_CORRECTED = 32;

  private static final String SOURCE = "budget";

  private final Database database;
  private final BudgetStore budgets;
  private final SpendReader spending;
  private final Incidents incidents;
  private final ForecastWatch forecasts;
  private final Clock clock;

  /** When the history of a budget was last corrected. */
  private final Map<UUID, Instant> corrected = new ConcurrentHashMap<>();

  BudgetEvaluation(
      Database database,
      BudgetStore budgets,
      SpendReader spending,
      Incidents incidents,
      Clock clock) {
    this.database = database;
    this.budgets = budgets;
    this.spending = spending;
    this.incidents = incidents;
    this.forecasts = new ForecastWatch(database, budgets, spending, incidents);
    this.clock = clock;
  }

  /** The tenants that have something to evaluate. */
  List<Integer> tenants() {
    return database.asService(
        connection -> {
          Set<Integer> tenants = new TreeSet<>(budgets.tenants(connection));
          tenants.addAll(incidents.tenants(connection, SOURCE));
          tenants.addAll(incidents.tenants(connection, ForecastWatch.SOURCE));
          return List.copyOf(tenants);
        });
  }

  /** Evaluates all budgets of a tenant. */
  void evaluate(int tenantId) {
    // Read before the budgets are: what is open now and has no budget then, has none any more.
    List<String> open = openKeys(tenantId, SOURCE);
    List<String> openForecasts = openKeys(tenantId, ForecastWatch.SOURCE);
    List<Budget> all = database.asTenant(tenantId, connection -> budgets.all(connection, tenantId));
    Instant now = clock.instant();
    Failures failures = new Failures();
    for (Budget budget : all) {
      failures.keep(() -> evaluate(budget, now));
    }
    failures.keep(() -> clear(tenantId, open, all, now));
    failures.keep(() -> forecasts.watch(tenantId, all, openForecasts, now));
    failures.rethrow();
  }

  private List<String> openKeys(int tenantId, String source) {
    return database.asTenant(
        tenantId, connection -> incidents.openKeys(connection, tenantId, source, null));
  }

  private void evaluate(Budget budget, Instant now) {
    evaluateCurrent(budget, now);
    if (!budget.period().isRolling()) {
      BudgetPeriod current = budget.periodAt(now);
      if (Duration.between(current.start(), now).compareTo(LATE) < 0) {
        evaluatePast(budget, budget.periodAt(current.start().minusMillis(1)));
      }
      correct(budget, current, now);
    }
  }

  /** Ends the incidents of budgets that are gone and of periods that are over. */
  private void clear(int tenantId, List<String> open, List<Budget> all, Instant now) {
    for (String key : open) {
      Optional<Budget> budget = all.stream().filter(b -> key.startsWith(prefix(b))).findFirst();
      // Another process may be ahead of this one's clock.
      boolean holds =
          budget
              .filter(
                  b ->
                      key.equals(key(b, b.periodAt(now)))
                          || key.equals(key(b, b.periodAt(b.periodAt(now).end()))))
              .isPresent();
      if (!holds) {
        String reason = budget.isPresent() ? "the period has ended" : "the budget was deleted";
        database.asTenant(
            tenantId, connection -> incidents.clear(connection, tenantId, key, reason));
      }
    }
  }

  @FunctionalInterface
  private interface Work {
    void run(Connection connection, Budget budget) throws SQLException;
  }

  /**
   * Evaluates a budget as it is now, unless it was deleted, while nobody else does. A transaction
   * locks one budget only, and before any incident, so that no two wait for each other.
   */
  private void alone(Budget listed, Work work) {
    database.asTenant(
        listed.tenantId(),
        connection -> {
          Optional<Budget> budget = budgets.lock(connection, listed.tenantId(), listed.id());
          if (budget.isPresent()) {
            work.run(connection, budget.get());
          }
          return null;
        });
  }

  private void evaluateCurrent(Budget listed, Instant now) {
    alone(
        listed,
        (connection, budget) -> {
          BudgetPeriod period = budget.periodAt(now);
          Spend spend = spending.read(connection, budget, period);
          PeriodHistory.note(connection, budget, period, spend, clock.instant());
          Crossings.Highest crossed = Crossings.highest(connection, budget, start(budget, period));
          int reached = reached(budget, spend);
          if (crossed != null && hasEnded(budget, crossed, reached)) {
            incidents.clear(
                connection,
                budget.tenantId(),
                key(budget, period),
                reached == 0
                    ? "spending is below the budget's thresholds: they or its amount were raised,"
                        + " or a cost corrected"
                    : "the budget's amount was raised");
            Crossings.forget(connection, budget, start(budget, period));
            crossed = null;
          }
          boolean told = tell(connection, budget, period, spend, true);
          if (!told && crossed != null) {
            incidents.update(
                connection, condition(budget, period, crossed.threshold(), spend, true));
          }
        });
  }

  /**
   * Late events belong to the period that has just ended, under the amount that it had then. One
   * that nobody looked at while it lasted, because the budget was made or changed since, is not
   * told of.
   */
  private void evaluatePast(Budget listed, BudgetPeriod period) {
    alone(
        listed,
        (connection, budget) -> {
          if (!budget.period().equals(listed.period())) {
            // Its periods are others since it was listed.
            return;
          }
          OptionalLong amount = PeriodHistory.amountNanos(connection, budget, period);
          if (amount.isPresent()) {
            Budget then = budget.withAmount(amount.getAsLong());
            Spend spend = spending.read(connection, then, period);
            PeriodHistory.note(connection, then, period, spend, clock.instant());
            tell(connection, then, period, spend, false);
          }
        });
  }

  /** From time to time, brings the history of periods that are over up to the ledger. */
  private void correct(Budget budget, BudgetPeriod current, Instant now) {
    Instant last = corrected.get(budget.id());
    if (last != null && now.isBefore(last.plus(CORRECT_EVERY))) {
      return;
    }
    List<BudgetPeriod> periods =
        database.asTenant(
            budget.tenantId(),
            connection ->
                PeriodHistory.ended(
                    connection, budget, now.minus(CORRECTED), current.start(), MOST_CORRECTED));
    for (BudgetPeriod period : periods) {
      database.asTenant(
          budget.tenantId(),
          connection -> {
            OptionalLong amount = PeriodHistory.amountNanos(connection, budget, period);
            if (amount.isPresent()) {
              Budget then = budget.withAmount(amount.getAsLong());
              Spend spend = spending.read(connection, then, period);
              PeriodHistory.note(connection, then, period, spend, clock.instant());
            }
            return null;
          });
    }
    corrected.put(budget.id(), now);
  }

  /** Whether what was told of a period no longer holds. */
  private static boolean hasEnded(Budget budget, Crossings.Highest crossed, int reached) {
    return reached == 0 || reached < crossed.threshold() && crossed.isOfAnotherAmount(budget);
  }

  /** The highest threshold that is reached; 0 for none. */
  private static int reached(Budget budget, Spend spend) {
    long counted = spend.countedNanos(budget);
    return budget.thresholds().stream()
        .filter(threshold -> Percent.isReached(counted, budget.amountNanos(), threshold))
        .mapToInt(Integer::intValue)
        .max()
        .orElse(0);
  }

  /** Returns whether there was something to be told. */
  private boolean tell(
      Connection connection, Budget budget, BudgetPeriod period, Spend spend, boolean current)
      throws SQLException {
    boolean told = false;
    for (int threshold : budget.thresholds()) {
      if (Percent.isReached(spend.countedNanos(budget), budget.amountNanos(), threshold)
          && Crossings.insert(
              connection,
              budget,
              start(budget, period),
              threshold,
              spend.countedNanos(budget),
              current)) {
        incidents.report(connection, condition(budget, period, threshold, spend, current));
        told = true;
      }
    }
    return told;
  }

  /**
   * The key of a rolling period's crossing is the day on which the period ends: it is told once a
   * day at most.
   */
  private static Instant start(Budget budget, BudgetPeriod period) {
    return budget.period().isRolling() ? period.end() : period.start();
  }

  private static String key(Budget budget, BudgetPeriod period) {
    return prefix(budget) + start(budget, period);
  }

  private static String prefix(Budget budget) {
    return "budget:" + budget.id() + ":";
  }

  private static Condition condition(
      Budget budget, BudgetPeriod period, int threshold, Spend spend, boolean current) {
    Money spent = Money.ofNanos(spend.countedNanos(budget));
    Money limit = Money.ofNanos(budget.amountNanos());
    String percent = Percent.of(spend.countedNanos(budget), budget.amountNanos()).toPlainString();
    String text =
        "Budget '"
            + budget.name()
            + "' ("
            + budget.scopeText()
            + ")"
            + (Percent.isReached(spend.countedNanos(budget), budget.amountNanos(), threshold)
                ? " has reached " + threshold + " %: "
                : " had reached " + threshold + " % and is below it again: ")
            + spent.toText()
            + " of "
            + limit.toText()
            + " are spent"
            + (current ? "" : " in the period until " + period.end() + ", which is over")
            + (spend.unpricedCalls() > 0
                ? ", and " + spend.unpricedCalls() + " calls have no price yet"
                : "")
            + ".";
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("budget_id", budget.id().toString());
    data.put("budget", budget.name());
    data.put("scope", budget.scope().toJson());
    data.put("threshold", threshold);
    data.put("period_start", period.start().toString());
    data.put("period_end", period.end().toString());
    data.put("spent_usd", spent.toUsd());
    data.put("limit_usd", limit.toUsd());
    data.put("percent", percent);
    data.put("unpriced_calls", spend.unpricedCalls());
    data.put("text", text);
    Map<String, String> labels = new LinkedHashMap<>();
    budget.scope().values().forEach((name, values) -> labels.put(name, String.join(", ", values)));
    labels.put("budget", budget.name());
    return new Condition(
        budget.tenantId(),
        key(budget, period),
        SOURCE,
        budget.id(),
        threshold,
        threshold >= 100 ? Severity.CRITICAL : threshold >= 90 ? Severity.HIGH : Severity.MEDIUM,
        "budget.threshold_crossed",
        "Budget '" + budget.name() + "' has reached " + threshold + " %",
        text,
        labels,
        List.of(
            new Notification.Fact("Spent", spent.toText()),
            new Notification.Fact("Limit", limit.toText()),
            new Notification.Fact("Percent", percent + " %")),
        data,
        budget.channels());
  }
}
