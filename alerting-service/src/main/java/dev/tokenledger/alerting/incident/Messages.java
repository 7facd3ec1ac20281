package dev.tokenledger.alerting.incident;

import dev.tokenledger.alerting.notification.Notification;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What is told of incidents. */
final class Messages {
  static final String RESOLVED = "incident.resolved";

  private Messages() {}

  /** That a condition has begun or got worse: what it says itself, and the incident's id. */
  static Notification firing(UUID incidentId, Condition condition, Instant at) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("incident_id", incidentId.toString());
    data.putAll(condition.data());
    return new Notification(
        condition.type(),
        at,
        condition.severity(),
        Notification.Status.FIRING,
        condition.title(),
        condition.text(),
        condition.key(),
        condition.labels(),
        condition.facts(),
        data);
  }

  /** That an incident is resolved. */
  static Notification resolved(
      Incident incident, Instant at, String actor, @Nullable String reason) {
    String text =
        "Resolved"
            + (reason == null || reason.isBlank() ? "" : ", " + withoutFullStop(reason))
            + ". It was: "
            + incident.text();
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("incident_id", incident.id().toString());
    data.put("title", incident.title());
    data.put("source", incident.source());
    data.put("opened_at", incident.openedAt().toString());
    data.put("resolved_at", at.toString());
    data.put("resolved_by", actor);
    if (reason != null) {
      data.put("reason", reason);
    }
    data.put("text", text);
    data.put("condition", incident.data());
    return new Notification(
        RESOLVED,
        at,
        incident.severity(),
        Notification.Status.RESOLVED,
        "Resolved: " + incident.title(),
        text,
        incident.key(),
        incident.labels(),
        incident.facts(),
        data);
  }

  private static String withoutFullStop(String sentence) {
    return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
  }
}
