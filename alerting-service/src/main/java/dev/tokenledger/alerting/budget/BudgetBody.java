package dev.tokenledger.alerting.budget;

import dev.tokenledger.model.money.Money;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A budget as it is sent; in a change, what is absent stays as it is.
 *
 * @param scope a text or a list of texts for each dimension
 * @param weekStart English name of a weekday
 */
public record BudgetBody(
    @Nullable String name,
    @Nullable Map<String, Object> scope,
    @Nullable String amountUsd,
    @Nullable String period,
    @Nullable Integer rollingDays,
    @Nullable String weekStart,
    @Nullable Integer monthStart,
    @Nullable String timezone,
    @Nullable String type,
    @Nullable List<Integer> thresholds,
    @Nullable List<UUID> channels,
    @Nullable String unpriced,
    @Nullable String assumedUsdPerCall,
    @Nullable String whenUnavailable,
    @Nullable Boolean forecastAlert) {
  private static final int MAX_THRESHOLDS = 10;
  private static final int MAX_CHANNELS = 50;

  /**
   * The budget with what is sent in place of what it had.
   *
   * @param pseudonym the pseudonym of a person, under which the ledger knows them
   * @throws ProblemException naming the first field that is not valid
   */
  Budget over(Budget budget, UnaryOperator<String> pseudonym) {
    Budget.Unpriced policy = unpriced == null ? budget.unpriced() : unpriced(unpriced);
    return new Budget(
        budget.id(),
        budget.tenantId(),
        name == null ? budget.name() : name(name),
        scope == null ? budget.scope() : scope(scope, pseudonym),
        amountUsd == null ? budget.amountNanos() : amount("amount_usd", amountUsd),
        period(budget.period()),
        type == null ? budget.hardStop() : isHardStop(type),
        thresholds == null ? budget.thresholds() : thresholds(thresholds),
        channels == null ? budget.channels() : channels(channels),
        policy,
        assumed(policy, budget.assumedNanos()),
        whenUnavailable == null ? budget.allowWhenUnavailable() : isAllowed(whenUnavailable),
        forecastAlert == null ? budget.forecastAlert() : forecastAlert,
        budget.createdAt());
  }

  private static String name(String name) {
    if (name.isBlank() || name.length() > 200) {
      throw invalid("name", "'name' must have 1 to 200 characters.");
    }
    return name;
  }

  private static BudgetScope scope(Map<String, Object> scope, UnaryOperator<String> pseudonym) {
    BudgetScope parsed;
    try {
      parsed = BudgetScope.parse(scope);
    } catch (IllegalArgumentException e) {
      throw new ProblemException(
              ProblemCode.INVALID_FIELD,
              "'scope' is a value, or a list of values, for some dimensions: "
                  + e.getMessage()
                  + ".",
              e)
          .with("field", "scope");
    }
    List<String> users = parsed.values().get("user");
    if (users == null) {
      return parsed;
    }
    Map<String, List<String>> values = new java.util.HashMap<>(parsed.values());
    values.put("user", users.stream().map(pseudonym).toList());
    return new BudgetScope(values);
  }

  private static long amount(String field, String amount) {
    try {
      long nanos = Money.ofUsd(amount.strip()).nanos();
      if (nanos > 0) {
        return nanos;
      }
    } catch (NumberFormatException | ArithmeticException e) {
      throw new ProblemException(
              ProblemCode.INVALID_FIELD, "'" + field + "' must be dollars as text: \"100.00\".", e)
          .with("field", field);
    }
    throw invalid(field, "'" + field + "' must be above zero.");
  }

  private PeriodRule period(PeriodRule before) {
    PeriodRule.Kind kind = before.kind();
    if (period != null) {
      try {
        kind = PeriodRule.Kind.valueOf(period.toUpperCase(Locale.ROOT));
      } catch (IllegalArgumentException e) {
        throw invalid("period", "'period' is hourly, daily, weekly, monthly or rolling.");
      }
    }
    int days = rollingDays == null ? before.rollingDays() : rollingDays;
    if (kind == PeriodRule.Kind.ROLLING && (days < 1 || days > 366)) {
      throw invalid("rolling_days", "A rolling period needs 'rolling_days' from 1 to 366.");
    }
    int month = monthStart == null ? before.monthStart() : monthStart;
    if (month < 1 || month > 31) {
      throw invalid("month_start", "'month_start' must be a day from 1 to 31.");
    }
    return new PeriodRule(
        kind,
        timezone == null ? before.zone() : zone(timezone),
        weekStart == null ? before.weekStart() : weekday(weekStart),
        month,
        kind == PeriodRule.Kind.ROLLING ? days : 0);
  }

  private static DayOfWeek weekday(String name) {
    try {
      return DayOfWeek.valueOf(name.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw invalid("week_start", "'week_start' is a weekday, such as monday.");
    }
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

  private static List<UUID> channels(List<UUID> channels) {
    if (channels.size() > MAX_CHANNELS || channels.stream().anyMatch(id -> id == null)) {
      throw invalid("channels", "'channels' are ids of " + MAX_CHANNELS + " channels at most.");
    }
    return new ArrayList<>(channels);
  }

  private static Budget.Unpriced unpriced(String policy) {
    try {
      return Budget.Unpriced.valueOf(policy.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw invalid("unpriced", "'unpriced' is allow, deny or assume.");
    }
  }

  private long assumed(Budget.Unpriced policy, long before) {
    if (policy != Budget.Unpriced.ASSUME) {
      if (assumedUsdPerCall != null) {
        throw invalid("assumed_usd_per_call", "'assumed_usd_per_call' goes with unpriced: assume.");
      }
      return 0;
    }
    if (assumedUsdPerCall != null) {
      return amount("assumed_usd_per_call", assumedUsdPerCall);
    }
    if (before == 0) {
      throw invalid(
          "assumed_usd_per_call",
          "unpriced: assume needs 'assumed_usd_per_call', dollars as text: \"0.01\".");
    }
    return before;
  }

  private static boolean isAllowed(String answer) {
    return switch (answer) {
      case "allow" -> true;
      case "deny" -> false;
      default -> throw invalid("when_unavailable", "'when_unavailable' is allow or deny.");
    };
  }

  static ProblemException invalid(String field, String detail) {
    return new ProblemException(ProblemCode.INVALID_FIELD, detail).with("field", field);
  }
}
