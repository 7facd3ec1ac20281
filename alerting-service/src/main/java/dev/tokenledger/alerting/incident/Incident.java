package dev.tokenledger.alerting.incident;

import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.alerting.notification.Severity;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A condition from its beginning to its end, and what was done about it.
 *
 * @param key of its {@link Condition}
 * @param level the highest that was reported
 * @param channels where to, as the condition says; empty for all of the tenant's
 * @param lastSeenAt when the condition was last reported, to half a minute
 * @param resolvedBy who resolved it; {@code system} when its condition ended
 * @param endedAt when the condition ended; null while it holds, even if the incident was resolved
 *     by hand
 */
public record Incident(
    UUID id,
    int tenantId,
    String key,
    String source,
    @Nullable UUID sourceId,
    IncidentStatus status,
    int level,
    Severity severity,
    String type,
    String title,
    String text,
    Map<String, String> labels,
    List<Notification.Fact> facts,
    Map<String, Object> data,
    List<UUID> channels,
    @Nullable String assignee,
    Instant openedAt,
    Instant lastSeenAt,
    @Nullable Instant acknowledgedAt,
    @Nullable String acknowledgedBy,
    @Nullable Instant resolvedAt,
    @Nullable String resolvedBy,
    @Nullable Instant endedAt) {

  /** The names that {@link #matchable} adds to the labels, and that a label cannot have. */
  private static final String SEVERITY = "severity";

  private static final String SOURCE = "source";

  public Incident {
    labels = Map.copyOf(labels);
    facts = List.copyOf(facts);
    data = Collections.unmodifiableMap(new LinkedHashMap<>(data));
    channels = List.copyOf(channels);
  }

  public boolean isResolved() {
    return status == IncidentStatus.RESOLVED;
  }

  /** What silences and groups look at: the labels, {@code severity} and {@code source}. */
  public Map<String, String> matchable() {
    Map<String, String> all = new LinkedHashMap<>(labels);
    all.put(SEVERITY, severity.label());
    all.put(SOURCE, source);
    return all;
  }
}
