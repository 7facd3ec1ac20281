package dev.tokenledger.alerting;

import dev.tokenledger.alerting.incident.Condition;
import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.alerting.notification.Severity;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Conditions as sources report them. */
public final class Conditions {
  private Conditions() {}

  /** A rule's condition with one label. */
  public static Condition rule(String key, int level, String agent, UUID... channels) {
    return condition(
        "rule", key, level, Severity.HIGH, Map.of("rule", "Errors", "agent", agent), channels);
  }

  /** A budget's threshold. */
  public static Condition budget(
      String name, int threshold, Map<String, String> scope, UUID... channels) {
    Map<String, String> labels = new java.util.HashMap<>(scope);
    labels.put("budget", name);
    return condition(
        "budget",
        "budget:" + name,
        threshold,
        threshold >= 100 ? Severity.CRITICAL : Severity.MEDIUM,
        labels,
        channels);
  }

  private static Condition condition(
      String source,
      String key,
      int level,
      Severity severity,
      Map<String, String> labels,
      UUID... channels) {
    return new Condition(
        AlertingTables.TENANT,
        key,
        source,
        null,
        level,
        severity,
        source + ".firing",
        key + " at " + level,
        "It is at " + level + ".",
        labels,
        List.of(new Notification.Fact("Level", Integer.toString(level))),
        Map.of("level", level),
        List.of(channels));
  }
}
