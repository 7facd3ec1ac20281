package dev.tokenledger.alerting.dispatch;

import dev.tokenledger.alerting.incident.Incident;
import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.alerting.notification.Severity;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Writes what is told of several incidents in one message, and what is told again. */
final class GroupMessage {
  static final String REMINDER = "incident.reminder";
  static final String GROUP = "incident.group";

  /** How many incidents a message lists; it says how many more there are. */
  static final int MAX_LISTED = 50;

  private GroupMessage() {}

  /** That an incident is still neither acknowledged nor resolved. */
  static Notification reminder(Incident incident, Instant now) {
    String text =
        "Nobody has acknowledged this since " + incident.openedAt() + ": " + incident.text();
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("incident_id", incident.id().toString());
    data.put("title", incident.title());
    data.put("source", incident.source());
    data.put("opened_at", incident.openedAt().toString());
    data.put("text", text);
    data.put("condition", incident.data());
    return new Notification(
        REMINDER,
        now,
        incident.severity(),
        Notification.Status.FIRING,
        "Still open: " + incident.title(),
        text,
        incident.key(),
        incident.labels(),
        incident.facts(),
        data);
  }

  /**
   * One message of several.
   *
   * @param topic of a group
   * @param messages at least one
   * @param others how severe the worst is of the group's incidents that the channel knows to be
   *     unresolved and that are not among the messages; while there are any, or any of the messages
   *     is firing, the group is as severe as what holds
   */
  static Notification group(
      GroupKey topic, List<Notification> messages, Optional<Severity> others, Instant now) {
    Map<String, String> group = Objects.requireNonNull(topic.group());
    List<Notification> firing =
        messages.stream().filter(m -> m.status() == Notification.Status.FIRING).toList();
    int resolved = messages.size() - firing.size();
    boolean holds = others.isPresent() || !firing.isEmpty();
    boolean remindsOnly = messages.stream().allMatch(m -> m.type().equals(REMINDER));
    Severity severity =
        Stream.concat(
                (holds ? firing : messages).stream().map(Notification::severity), others.stream())
            .max(Severity::compareTo)
            .orElseThrow();
    String name =
        group.entrySet().stream()
            .map(e -> e.getKey() + " " + (e.getValue().isEmpty() ? "(none)" : e.getValue()))
            .collect(Collectors.joining(", "));
    String title =
        messages.size() == 1
            ? messages.get(0).title()
            : (firing.isEmpty() ? "" : firing.size() + " firing")
                + (firing.isEmpty() || resolved == 0 ? "" : ", ")
                + (resolved == 0 ? "" : resolved + " resolved")
                + ": "
                + name;
    List<Notification> listed = messages.subList(0, Math.min(messages.size(), MAX_LISTED));
    int more = messages.size() - listed.size();
    String text =
        listed.stream().map(Notification::text).collect(Collectors.joining("\n"))
            + (more == 0 ? "" : "\nAnd " + more + " more.");
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("group", group);
    data.put("firing", firing.size());
    data.put("resolved", resolved);
    data.put("text", text);
    data.put("incidents", listed.stream().map(GroupMessage::item).toList());
    data.put("more", more);
    List<Notification.Fact> facts = new ArrayList<>();
    if (messages.size() == 1) {
      facts.addAll(messages.get(0).facts());
    } else {
      facts.add(new Notification.Fact("Firing", Integer.toString(firing.size())));
      facts.add(new Notification.Fact("Resolved", Integer.toString(resolved)));
    }
    return new Notification(
        remindsOnly ? REMINDER : GROUP,
        now,
        severity,
        holds ? Notification.Status.FIRING : Notification.Status.RESOLVED,
        title,
        text,
        topic.key(),
        group,
        facts,
        data);
  }

  private static Map<String, Object> item(Notification message) {
    Map<String, Object> item = new LinkedHashMap<>();
    item.put("type", message.type());
    item.put("timestamp", message.timestamp().toString());
    item.put("severity", message.severity().label());
    item.put("status", message.status().label());
    item.put("title", message.title());
    item.put("data", message.data());
    return item;
  }
}
