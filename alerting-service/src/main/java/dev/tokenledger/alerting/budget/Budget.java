package dev.tokenledger.alerting.budget;

import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What may be spent in a period.
 *
 * @param scope values by dimension; calls that have all of them count. Empty for the whole tenant
 * @param amountNanos the limit in nano-dollars
 * @param rollingDays days of a rolling period, 0 for the others
 * @param hardStop whether spending beyond the limit is to be refused, rather than told
 * @param thresholds percents of the limit, ascending
 * @param channels where notifications go; empty for all of the tenant's channels
 */
public record Budget(
    UUID id,
    int tenantId,
    String name,
    Map<String, String> scope,
    long amountNanos,
    BudgetPeriod.Kind period,
    int rollingDays,
    ZoneId zone,
    boolean hardStop,
    List<Integer> thresholds,
    List<UUID> channels,
    Instant createdAt) {

  public Budget {
    scope = Map.copyOf(scope);
    thresholds = List.copyOf(thresholds);
    channels = List.copyOf(channels);
  }

  public BudgetPeriod periodAt(Instant now) {
    return BudgetPeriod.at(period, rollingDays, zone, now);
  }

  /** The scope in words, for people. */
  public String scopeText() {
    if (scope.isEmpty()) {
      return "everything";
    }
    StringBuilder text = new StringBuilder();
    new TreeMap<>(scope)
        .forEach(
            (dimension, value) ->
                text.append(text.isEmpty() ? "" : ", ")
                    .append(dimension)
                    .append(' ')
                    .append(value));
    return text.toString();
  }

  String periodLabel() {
    return period.name().toLowerCase(Locale.ROOT);
  }
}
