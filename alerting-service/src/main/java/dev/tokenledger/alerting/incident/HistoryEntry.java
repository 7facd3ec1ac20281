package dev.tokenledger.alerting.incident;

import dev.tokenledger.alerting.notification.Severity;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One line of an incident's history.
 *
 * @param actor who did it: {@code key:<id>}, or {@code system}
 * @param from the status before; null when the incident opened
 * @param to the status after; the same as before for comments and assignments
 * @param comment what was said, why the condition ended, or to whom it was assigned
 */
public record HistoryEntry(
    Instant at,
    String actor,
    HistoryEvent event,
    @Nullable IncidentStatus from,
    IncidentStatus to,
    int level,
    Severity severity,
    @Nullable String comment) {}
