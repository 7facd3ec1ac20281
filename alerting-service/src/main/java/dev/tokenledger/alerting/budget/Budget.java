package dev.tokenledger.alerting.budget;

import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.UUID;

/**
 * What may be spent in a period.
 *
 * @param amountNanos the limit in nano-dollars
 * @param hardStop whether spending beyond the limit is refused, rather than told
 * @param thresholds percents of the limit, ascending
 * @param channels where notifications go; empty for all of the tenant's channels
 * @param unpriced what a call without a known price means
 * @param assumedNanos what such a call is taken to cost where that is assumed, else 0
 * @param allowWhenUnavailable the answer while it cannot be known what is left
 * @param forecastAlert whether it is told when the limit is expected to be exceeded
 */
public record Budget(
    UUID id,
    int tenantId,
    String name,
    BudgetScope scope,
    long amountNanos,
    PeriodRule period,
    boolean hardStop,
    List<Integer> thresholds,
    List<UUID> channels,
    Unpriced unpriced,
    long assumedNanos,
    boolean allowWhenUnavailable,
    boolean forecastAlert,
    Instant createdAt) {

  /** What a call without a known price means to a budget. */
  public enum Unpriced {
    ALLOW,
    DENY,
    ASSUME
  }

  public Budget {
    thresholds = List.copyOf(thresholds);
    channels = List.copyOf(channels);
  }

  /** The same budget with another limit, as it may have had before. */
  public Budget withAmount(long nanos) {
    return new Budget(
        id,
        tenantId,
        name,
        scope,
        nanos,
        period,
        hardStop,
        thresholds,
        channels,
        unpriced,
        assumedNanos,
        allowWhenUnavailable,
        forecastAlert,
        createdAt);
  }

  public BudgetPeriod periodAt(Instant now) {
    return period.at(now);
  }

  /** The scope in words, for people. */
  public String scopeText() {
    return scope.text();
  }

  ZoneId zone() {
    return period.zone();
  }
}
