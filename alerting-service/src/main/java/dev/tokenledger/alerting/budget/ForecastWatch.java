package dev.tokenledger.alerting.budget;

import dev.tokenledger.alerting.incident.Condition;
import dev.tokenledger.alerting.incident.Incidents;
import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.alerting.notification.Severity;
import dev.tokenledger.model.money.Money;
import dev.tokenledger.platform.database.Database;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Tells when a period's budget is expected to be exceeded, and by when, while something can still
 * be done. It ends when less is expected again, by a margin that keeps it from coming and going;
 * when the limit is reached, of which the thresholds tell; and with the period.
 */
final class ForecastWatch {
  private static final MathContext ESTIMATE = new MathContext(3, RoundingMode.HALF_UP);

  /** A forecast reads four weeks; it changes slowly. */
  private static final Duration LOOK_EVERY = Duration.ofMinutes(5);

  /** Less than a day of spending says nothing about the other hours. */
  private static final Duration LEAST_HISTORY = Duration.ofDays(1);

  /** Below this percent of the limit the condition has ended. */
  private static final int END_PERCENT = 95;

  static final String SOURCE = "forecast";

  private final Database database;
  private final BudgetStore budgets;
  private final SpendReader spending;
  private final Incidents incidents;
  private final Map<UUID, Look> looks = new ConcurrentHashMap<>();

  ForecastWatch(Database database, BudgetStore budgets, SpendReader spending, Incidents incidents) {
    this.database = database;
    this.budgets = budgets;
    this.spending = spending;
    this.incidents = incidents;
  }

  /** The last time a budget was looked at, as it was then. */
  private record Look(Budget budget, Instant at) {}

  /**
   * Looks at those of a tenant's budgets that were not looked at just now.
   *
   * @param open the keys of what holds, read before the budgets: what another process has reported
   *     since may be of a budget that is not among them
   */
  void watch(int tenantId, List<Budget> all, List<String> open, Instant now) {
    Set<String> possible = new HashSet<>();
    Failures failures = new Failures();
    for (Budget budget : all) {
      if (!isWatched(budget)) {
        continue;
      }
      BudgetPeriod period = budget.periodAt(now);
      possible.add(key(budget, period));
      // Another process may be ahead of this one's clock.
      possible.add(key(budget, budget.periodAt(period.end())));
      Look last = looks.get(budget.id());
      boolean due =
          last == null
              || !last.budget.equals(budget)
              || !now.isBefore(last.at.plus(LOOK_EVERY))
              || !last.budget.periodAt(last.at).equals(period);
      if (due) {
        failures.keep(
            () -> {
              look(budget, period, now);
              looks.put(budget.id(), new Look(budget, now));
            });
      }
    }
    failures.keep(() -> clearOthers(tenantId, open, possible));
    failures.rethrow();
  }

  /** An hour is over before anybody can do something. */
  private static boolean isWatched(Budget budget) {
    return budget.forecastAlert() && budget.period().kind() != PeriodRule.Kind.HOURLY;
  }

  /** A forecast and what is spent already; without forecast where there is nothing to fear. */
  private record Outlook(@Nullable SpendForecast forecast, long spentNanos) {}

  private void look(Budget budget, BudgetPeriod period, Instant now) {
    Outlook outlook =
        database.snapshotAsTenant(
            budget.tenantId(), connection -> outlook(connection, budget, period, now));
    tell(budget, period, outlook.forecast, outlook.spentNanos);
  }

  private Outlook outlook(Connection connection, Budget budget, BudgetPeriod period, Instant now)
      throws SQLException {
    long spent = spending.read(connection, budget, period).countedNanos(budget);
    Map<Instant, Long> hours = spending.hours(connection, budget, now);
    Instant first = hours.keySet().stream().min(Instant::compareTo).orElse(now);
    boolean unknown = first.isAfter(now.minus(LEAST_HISTORY)) || spent >= budget.amountNanos();
    return new Outlook(
        unknown ? null : SpendForecast.of(hours, spent, budget.amountNanos(), now, period.end()),
        spent);
  }

  private void tell(
      Budget budget, BudgetPeriod period, @Nullable SpendForecast forecast, long spent) {
    database.asTenant(
        budget.tenantId(),
        connection -> {
          if (!budgets
              .lock(connection, budget.tenantId(), budget.id())
              .equals(Optional.of(budget))) {
            // Changed since it was listed, so that this no longer holds. The next round looks anew.
            return null;
          }
          if (forecast != null && forecast.expectedNanos() > budget.amountNanos()) {
            incidents.report(connection, condition(budget, period, forecast, spent));
          } else if (forecast == null
              || !Percent.isReached(forecast.expectedNanos(), budget.amountNanos(), END_PERCENT)) {
            incidents.clear(
                connection,
                budget.tenantId(),
                key(budget, period),
                spent >= budget.amountNanos()
                    ? "the limit was reached"
                    : "the limit is not expected to be exceeded any more");
          }
          return null;
        });
  }

  private void clearOthers(int tenantId, List<String> open, Set<String> possible) {
    database.asTenant(
        tenantId,
        connection -> {
          for (String key : open) {
            if (!possible.contains(key)) {
              incidents.clear(
                  connection, tenantId, key, "the period has ended, or the budget was changed");
            }
          }
          return null;
        });
  }

  private static String key(Budget budget, BudgetPeriod period) {
    Instant at = budget.period().isRolling() ? period.end() : period.start();
    return SOURCE + ":" + budget.id() + ":" + at;
  }

  private static Condition condition(
      Budget budget, BudgetPeriod period, SpendForecast forecast, long spent) {
    Money limit = Money.ofNanos(budget.amountNanos());
    String expected = Money.ofNanos(forecast.expectedNanos()).toUsd();
    String low = Money.ofNanos(forecast.lowNanos()).toUsd();
    String high = Money.ofNanos(forecast.highNanos()).toUsd();
    Instant exhausted = forecast.exhaustedAt();
    String when =
        exhausted == null
            ? period.end().toString()
            : exhausted.atZone(budget.period().zone()).truncatedTo(ChronoUnit.MINUTES).toString();
    String text =
        "Budget '"
            + budget.name()
            + "' ("
            + budget.scopeText()
            + ") is expected to be used up at "
            + when
            + ": "
            + Money.ofNanos(spent).toText()
            + " of "
            + limit.toText()
            + " are spent, and about "
            + about(forecast.expectedNanos())
            + " are expected by the end of the period ("
            + about(forecast.lowNanos())
            + " to "
            + about(forecast.highNanos())
            + " in four of five cases).";
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("budget_id", budget.id().toString());
    data.put("budget", budget.name());
    data.put("scope", budget.scope().toJson());
    data.put("period_start", period.start().toString());
    data.put("period_end", period.end().toString());
    data.put("spent_usd", Money.ofNanos(spent).toUsd());
    data.put("limit_usd", limit.toUsd());
    data.put("expected_usd", expected);
    data.put("low_usd", low);
    data.put("high_usd", high);
    data.put("exhausted_at", exhausted == null ? null : exhausted.toString());
    data.put("text", text);
    Map<String, String> labels = new LinkedHashMap<>();
    budget.scope().values().forEach((name, values) -> labels.put(name, String.join(", ", values)));
    labels.put("budget", budget.name());
    return new Condition(
        budget.tenantId(),
        key(budget, period),
        SOURCE,
        budget.id(),
        1,
        forecast.lowNanos() > budget.amountNanos() ? Severity.HIGH : Severity.MEDIUM,
        "budget.forecast_exceeded",
        "Budget '" + budget.name() + "' is expected to be exceeded",
        text,
        labels,
        List.of(
            new Notification.Fact("Expected", about(forecast.expectedNanos())),
            new Notification.Fact("Limit", limit.toText()),
            new Notification.Fact("Used up at", when)),
        data,
        budget.channels());
  }

  /** An estimate with the digits that it deserves. */
  private static String about(long nanos) {
    BigDecimal rounded = BigDecimal.valueOf(nanos).round(ESTIMATE);
    return Money.ofNanos(rounded.longValueExact()).toText();
  }
}
