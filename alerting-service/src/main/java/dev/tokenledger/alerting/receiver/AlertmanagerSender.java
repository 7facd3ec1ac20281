package dev.tokenledger.alerting.receiver;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tokenledger.alerting.notification.Notification;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Posts alerts to {@code /api/v2/alerts} of an Alertmanager.
 *
 * <p>There an alert is its set of labels, and ours change while a condition holds, as when its
 * severity rises. So every set that was told before and is no longer true is ended in the same
 * request, and a condition that is over ends all of them. An alert's name is what does not change:
 * not the notification's type, which of a reminder is another one.
 */
final class AlertmanagerSender implements Sender {
  /** Ends of alerts that are not over: so far away that none ends before it is resolved. */
  private static final Duration FAR = Duration.ofDays(3_650);

  private static final int MAX_VALUE = 1_000;
  private static final int MAX_ANNOTATION = 4_000;

  private final PinnedHttpClient http;
  private final ObjectMapper json;

  AlertmanagerSender(PinnedHttpClient http, ObjectMapper json) {
    this.http = http;
    this.json = json;
  }

  @Override
  public DeliveryOutcome send(Receiver receiver, Message message) {
    String base = receiver.requiredUrl().toString().replaceAll("/+$", "");
    try {
      PinnedHttpClient.Answer answer =
          http.post(
              URI.create(base + "/api/v2/alerts"),
              credentials(receiver),
              alerts(message).toString(),
              0);
      return answer.isSuccess()
          ? DeliveryOutcome.delivered(answer.status())
          : answer.as(
              answer.status() == 400 ? DeliveryOutcome.Kind.REFUSED : DeliveryOutcome.Kind.FAILED);
    } catch (IOException e) {
      return DeliveryOutcome.failed(String.valueOf(e.getMessage()));
    }
  }

  private static Map<String, String> credentials(Receiver receiver) {
    if (receiver.username() == null) {
      return Map.of();
    }
    String login =
        receiver.username() + ":" + (receiver.secrets().isEmpty() ? "" : receiver.secret());
    return Map.of(
        "Authorization",
        "Basic " + Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8)));
  }

  ArrayNode alerts(Message message) {
    Notification now = message.notification();
    boolean over = now.status() == Notification.Status.RESOLVED;
    Instant start =
        message.earlier().isEmpty() ? now.timestamp() : message.earlier().get(0).timestamp();
    // A clock that was set back must not make an end before the start, which would be refused.
    Instant end = now.timestamp().isBefore(start) ? start : now.timestamp();
    Set<SortedMap<String, String>> ended = new LinkedHashSet<>();
    String name = message.conditionType();
    message.earlier().forEach(earlier -> ended.add(labels(name, earlier)));
    ArrayNode alerts = json.createArrayNode();
    if (!over) {
      ended.remove(labels(name, now));
      alert(alerts, labels(name, now), now, start, start.plus(FAR));
    } else if (ended.isEmpty()) {
      ended.add(labels(name, now));
    }
    ended.forEach(labels -> alert(alerts, labels, now, start, end));
    return alerts;
  }

  private static void alert(
      ArrayNode alerts,
      SortedMap<String, String> labels,
      Notification notification,
      Instant start,
      Instant end) {
    ObjectNode alert = alerts.addObject();
    labels.forEach(alert.putObject("labels")::put);
    ObjectNode annotations =
        alert
            .putObject("annotations")
            .put("summary", Excerpt.line(notification.title(), MAX_ANNOTATION))
            .put("description", Excerpt.of(notification.text(), MAX_ANNOTATION));
    for (Notification.Fact fact : notification.facts()) {
      String name = name(fact.name());
      if (!annotations.has(name)) {
        annotations.put(name, Excerpt.of(fact.value(), MAX_ANNOTATION));
      }
    }
    alert.put("startsAt", start.toString()).put("endsAt", end.toString());
  }

  /**
   * The alert's own labels, and the notification's as far as they take none of their names. Two
   * names that become the same are one label: that of the first in their order.
   */
  private static SortedMap<String, String> labels(String name, Notification notification) {
    SortedMap<String, String> labels = new TreeMap<>();
    labels.put("alertname", Excerpt.line(name, MAX_VALUE));
    labels.put("severity", notification.severity().label());
    labels.put("dedupe_key", Excerpt.line(notification.dedupeKey(), MAX_VALUE));
    new TreeMap<>(notification.labels())
        .forEach(
            (label, value) -> {
              // An empty label is none, to an Alertmanager.
              if (!value.isEmpty()) {
                labels.putIfAbsent(name(label), Excerpt.of(value, MAX_VALUE));
              }
            });
    return labels;
  }

  /** A name as Prometheus demands it: {@code [a-zA-Z_][a-zA-Z0-9_]*}. */
  static String name(String text) {
    String name = text.replaceAll("[^a-zA-Z0-9_]", "_");
    return name.isEmpty() || Character.isDigit(name.charAt(0)) ? "_" + name : name;
  }
}
