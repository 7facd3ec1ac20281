package dev.tokenledger.alerting;

import dev.tokenledger.alerting.incident.Condition;
import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.alerting.notification.Severity;
import java.util.HashMap;
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

  /** A rule's condition at its first level. */
  public static Condition rule(String key, Severity severity, String agent) {
    return condition("rule", key, 1, severity, Map.of("rule", "Errors", "agent", agent));
  }

  /** The same condition with another value of a label. */
  public static Condition labelled(Condition condition, String label, String value) {
    Map<String, String> labels = new HashMap<>(condition.labels());
    labels.put(label, value);
    return condition(
        condition.source(), condition.key(), condition.level(), condition.severity(), labels);
  }

  /** A budget's threshold. */
  public static Condition budget(
      String name, int threshold, Map<String, String> scope, UUID... channels) {
    Map<String, String> labels = new HashMap<>(scope);
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
