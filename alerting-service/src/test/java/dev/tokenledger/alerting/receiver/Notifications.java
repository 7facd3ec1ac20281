package dev.tokenledger.alerting.receiver;

import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.alerting.notification.Severity;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Notifications as tests need them. */
final class Notifications {
  static final Instant TIME = Instant.parse("2026-11-20T10:00:00Z");

  private Notifications() {}

  static Notification firing(String title, String text, List<Notification.Fact> facts) {
    return of(Severity.HIGH, Notification.Status.FIRING, TIME, title, text, facts, Map.of());
  }

  static Notification of(
      Severity severity, Notification.Status status, Instant time, Map<String, String> labels) {
    return of(severity, status, time, "A title", "A text.", List.of(), labels);
  }

  /** That what was told still holds. */
  static Notification reminderOf(Notification told, Instant time) {
    return new Notification(
        "incident.reminder",
        time,
        told.severity(),
        told.status(),
        told.title(),
        told.text(),
        told.dedupeKey(),
        told.labels(),
        told.facts(),
        told.data());
  }

  private static Notification of(
      Severity severity,
      Notification.Status status,
      Instant time,
      String title,
      String text,
      List<Notification.Fact> facts,
      Map<String, String> labels) {
    return new Notification(
        "budget.threshold_crossed",
        time,
        severity,
        status,
        title,
        text,
        "budget:7",
        labels,
        facts,
        Map.of("text", text));
  }
}
