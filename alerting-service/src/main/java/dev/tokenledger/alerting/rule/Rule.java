package dev.tokenledger.alerting.rule;

import dev.tokenledger.alerting.notification.Severity;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A condition on the ledger that people want to be told of.
 *
 * @param measure a name of the query API
 * @param filters values by dimension; events that have one of each count
 * @param per the dimension for each of whose values the condition is looked at by itself, or null
 * @param window over which the measure is taken, in whole minutes
 * @param holdFor how long the condition must hold before it is told
 * @param minimum the fewest calls, runs, steps and user actions of which the rule says anything
 * @param zone in which the same time of another day is meant, and in which times are told
 * @param channels where notifications go; empty for all of the tenant's
 * @param version grows with every change
 * @param note what people should know of its evaluation, or null
 */
record Rule(
    UUID id,
    int tenantId,
    String name,
    String measure,
    Map<String, List<String>> filters,
    @Nullable String per,
    Duration window,
    Operator operator,
    Comparison comparison,
    Duration holdFor,
    NoData noData,
    long minimum,
    Severity severity,
    ZoneId zone,
    Map<String, String> labels,
    List<UUID> channels,
    boolean enabled,
    int version,
    @Nullable String note,
    Instant createdAt) {
  Rule {
    filters = Map.copyOf(filters);
    labels = Map.copyOf(labels);
    channels = List.copyOf(channels);
  }

  /** Whether another version of the rule asks for the same condition. */
  boolean hasConditionOf(Rule other) {
    return measure.equals(other.measure)
        && filters.equals(other.filters)
        && Objects.equals(per, other.per)
        && window.equals(other.window)
        && operator == other.operator
        && comparison.equals(other.comparison)
        && noData == other.noData
        && minimum == other.minimum
        && zone.equals(other.zone);
  }
}
