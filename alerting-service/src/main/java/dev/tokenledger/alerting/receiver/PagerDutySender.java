package dev.tokenledger.alerting.receiver;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.alerting.notification.Severity;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/**
 * Sends events as <a href="https://developer.pagerduty.com/docs/send-alert-event">PagerDuty's
 * Events API v2</a> has them. What is told of one condition has one {@code dedup_key}, so that it
 * is one alert there, and is resolved there.
 */
final class PagerDutySender implements Sender {
  private static final int MAX_KEY = 255;
  private static final int MAX_SUMMARY = 1_024;
  private static final int MAX_DETAIL = 4_000;
  private static final int MAX_ANSWER = 2_048;
  private static final int MAX_REASON = 200;

  private final PinnedHttpClient http;
  private final ObjectMapper json;
  private final URI events;

  /**
   * @param base the address of the service region, without a path
   */
  PagerDutySender(PinnedHttpClient http, ObjectMapper json, URI base) {
    this.http = http;
    this.json = json;
    this.events = base.resolve("/v2/enqueue");
  }

  @Override
  public DeliveryOutcome send(Receiver receiver, Message message) {
    try {
      PinnedHttpClient.Answer answer =
          http.post(
              events,
              Map.of(),
              event(receiver.secret(), message.notification()).toString(),
              MAX_ANSWER);
      if (answer.isSuccess()) {
        return DeliveryOutcome.delivered(answer.status());
      }
      // The service is the configured one, so what it says may be repeated; it never has the key.
      String reason = Excerpt.line(answer.text(), MAX_REASON);
      return new DeliveryOutcome(
          answer.status() == 400 ? DeliveryOutcome.Kind.REFUSED : DeliveryOutcome.Kind.FAILED,
          answer.status(),
          answer.complaint() + (reason.isEmpty() ? "" : ": " + reason),
          answer.retryAfter());
    } catch (IOException e) {
      return DeliveryOutcome.failed(String.valueOf(e.getMessage()));
    }
  }

  ObjectNode event(String routingKey, Notification notification) {
    ObjectNode event =
        json.createObjectNode()
            .put("routing_key", routingKey)
            .put("event_action", action(notification))
            .put("dedup_key", key(notification.dedupeKey()))
            .put("client", "TokenLedger");
    String summary = notification.title().isBlank() ? notification.text() : notification.title();
    ObjectNode payload =
        event
            .putObject("payload")
            .put("summary", Excerpt.line(summary.isBlank() ? "TokenLedger" : summary, MAX_SUMMARY))
            .put("source", "TokenLedger")
            .put("severity", severity(notification.severity()))
            .put("timestamp", notification.timestamp().toString())
            .put("class", notification.type());
    ObjectNode details = payload.putObject("custom_details");
    details.put("text", Excerpt.of(notification.text(), MAX_DETAIL));
    notification.facts().forEach(fact -> details.put(fact.name(), fact.value()));
    notification.labels().forEach(details::put);
    return event;
  }

  private static String action(Notification notification) {
    return notification.status() == Notification.Status.RESOLVED ? "resolve" : "trigger";
  }

  private static String severity(Severity severity) {
    return switch (severity) {
      case LOW -> "info";
      case MEDIUM -> "warning";
      case HIGH -> "error";
      case CRITICAL -> "critical";
    };
  }

  /** The key itself, or, where it is too long, its hash. */
  private static String key(String dedupeKey) {
    if (dedupeKey.length() <= MAX_KEY) {
      return dedupeKey;
    }
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256")
                  .digest(dedupeKey.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is missing from this Java runtime", e);
    }
  }
}
