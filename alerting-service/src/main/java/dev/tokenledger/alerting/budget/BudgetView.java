package dev.tokenledger.alerting.budget;

import dev.tokenledger.model.money.Money;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A budget as it is shown.
 *
 * @param assumedUsdPerCall what a call without a known price is taken to cost, where that is
 *     assumed
 * @param whenUnavailable what is answered while it cannot be known what is left
 */
public record BudgetView(
    UUID id,
    String name,
    BudgetScope scope,
    String amountUsd,
    String period,
    @Nullable Integer rollingDays,
    @Nullable String weekStart,
    @Nullable Integer monthStart,
    String timezone,
    String type,
    List<Integer> thresholds,
    List<UUID> channels,
    String unpriced,
    @Nullable String assumedUsdPerCall,
    String whenUnavailable,
    boolean forecastAlert,
    Instant createdAt) {

  static BudgetView of(Budget budget) {
    PeriodRule period = budget.period();
    return new BudgetView(
        budget.id(),
        budget.name(),
        budget.scope(),
        Money.ofNanos(budget.amountNanos()).toUsd(),
        period.kind().label(),
        period.isRolling() ? period.rollingDays() : null,
        period.kind() == PeriodRule.Kind.WEEKLY
            ? period.weekStart().name().toLowerCase(Locale.ROOT)
            : null,
        period.kind() == PeriodRule.Kind.MONTHLY ? period.monthStart() : null,
        period.zone().getId(),
        budget.hardStop() ? "hard_stop" : "warning",
        budget.thresholds(),
        budget.channels(),
        budget.unpriced().name().toLowerCase(Locale.ROOT),
        budget.assumedNanos() == 0 ? null : Money.ofNanos(budget.assumedNanos()).toUsd(),
        budget.allowWhenUnavailable() ? "allow" : "deny",
        budget.forecastAlert(),
        budget.createdAt());
  }
}
