package dev.tokenledger.alerting.evaluation;

import dev.tokenledger.alerting.budget.Budget;
import dev.tokenledger.alerting.budget.BudgetPeriod;
import dev.tokenledger.alerting.budget.BudgetStore;
import dev.tokenledger.alerting.budget.Percent;
import dev.tokenledger.alerting.budget.PeriodHistory;
import dev.tokenledger.alerting.budget.Spend;
import dev.tokenledger.alerting.budget.SpendReader;
import dev.tokenledger.alerting.incident.Condition;
import dev.tokenledger.alerting.incident.Incidents;
import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.alerting.notification.Severity;
import dev.tokenledger.model.money.Money;
import dev.tokenledger.platform.database.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Compares budgets with the ledger. What is read is absolute, so evaluating often, seldom, late or
 * in several processes gives the same: a threshold's crossing is a row whose key is the budget, the
 * period and the threshold, and the incident opens or escalates in the transaction that makes the
 * row. It ends with the period.
 */
final class Evaluation {
  /** How long after its end a period is still looked at: late events belong to it. */
  private static final Duration LATE = Duration.ofHours(1);

  private static final String SOURCE = "budget";

  private final Database database;
  private final BudgetStore budgets;
  private final SpendReader spending;
  private final Incidents incidents;
  private final ForecastWatch forecasts;
  private final Clock clock;

  Evaluation(
      Database database,
      BudgetStore budgets,
      SpendReader spending,
      Incidents incidents,
      Clock clock) {
    this.database = database;
    this.budgets = budgets;
    this.spending = spending;
    this.incidents = incidents;
    this.forecasts = new ForecastWatch(database, spending, incidents);
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
    List<String> open =
        database.asTenant(
            tenantId, connection -> incidents.openKeys(connection, tenantId, SOURCE, null));
    List<Budget> all = database.asTenant(tenantId, connection -> budgets.all(connection, tenantId));
    Instant now = clock.instant();
    for (Budget budget : all) {
      BudgetPeriod current = budget.periodAt(now);
      evaluate(budget, current, open);
      boolean rolling = budget.period().isRolling();
      if (!rolling && Duration.between(current.start(), now).compareTo(LATE) < 0) {
        evaluate(budget, budget.periodAt(current.start().minusMillis(1)), open);
      }
    }
    clear(tenantId, open, all, now);
    forecasts.watch(tenantId, all, now);
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

  private void evaluate(Budget budget, BudgetPeriod period, List<String> open) {
    database.asTenant(
        budget.tenantId(),
        connection -> {
          Spend spend = spending.read(connection, budget, period);
          PeriodHistory.note(connection, budget, period, spend, clock.instant());
          for (int threshold : budget.thresholds()) {
            if (Percent.isReached(spend.countedNanos(budget), budget.amountNanos(), threshold)
                && insertCrossing(connection, budget, period, threshold, spend)) {
              incidents.report(connection, condition(budget, period, threshold, spend));
            }
          }
          String key = key(budget, period);
          long counted = spend.countedNanos(budget);
          if (open.contains(key)
              && budget.thresholds().stream()
                  .noneMatch(t -> Percent.isReached(counted, budget.amountNanos(), t))) {
            incidents.clear(
                connection,
                budget.tenantId(),
                key,
                "spending is below the budget's thresholds: its amount was raised, or a cost corrected");
          }
          return null;
        });
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

  private static boolean insertCrossing(
      Connection connection, Budget budget, BudgetPeriod period, int threshold, Spend spend)
      throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO alerting.crossings"
                + " (budget_id, period_start, threshold, tenant_id, spent_nanos)"
                + " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")) {
      insert.setObject(1, budget.id());
      insert.setTimestamp(2, Timestamp.from(start(budget, period)));
      insert.setInt(3, threshold);
      insert.setInt(4, budget.tenantId());
      insert.setLong(5, spend.countedNanos(budget));
      return insert.executeUpdate() == 1;
    }
  }

  private static Condition condition(
      Budget budget, BudgetPeriod period, int threshold, Spend spend) {
    String spent = Money.ofNanos(spend.countedNanos(budget)).toUsd();
    String limit = Money.ofNanos(budget.amountNanos()).toUsd();
    String percent = Percent.of(spend.countedNanos(budget), budget.amountNanos()).toPlainString();
    String text =
        "Budget '"
            + budget.name()
            + "' ("
            + budget.scopeText()
            + ") has reached "
            + threshold
            + " %: $"
            + spent
            + " of $"
            + limit
            + " are spent"
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
    data.put("spent_usd", spent);
    data.put("limit_usd", limit);
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
            new Notification.Fact("Spent", "$" + spent),
            new Notification.Fact("Limit", "$" + limit),
            new Notification.Fact("Percent", percent + " %")),
        data,
        budget.channels());
  }
}
