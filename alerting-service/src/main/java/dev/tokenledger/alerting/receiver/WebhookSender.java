package dev.tokenledger.alerting.receiver;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.alerting.notification.Notification;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Posts webhooks as Standard Webhooks has them. Any answer but success is worth another attempt,
 * since a receiver that rejects today may be mended tomorrow; only {@code 410} is final.
 */
final class WebhookSender implements Sender {
  private static final int HTTP_GONE = 410;

  private final PinnedHttpClient http;
  private final ObjectMapper json;

  WebhookSender(PinnedHttpClient http, ObjectMapper json) {
    this.http = http;
    this.json = json;
  }

  @Override
  public DeliveryOutcome send(Receiver receiver, Message message) {
    String id = message.id().toString();
    String body = body(message.notification());
    Map<String, String> headers =
        Map.of(
            "webhook-id",
            id,
            "webhook-timestamp",
            Long.toString(message.sentAt().getEpochSecond()),
            "webhook-signature",
            WebhookSignature.sign(receiver.secrets(), id, message.sentAt(), body));
    try {
      PinnedHttpClient.Answer answer = http.post(receiver.requiredUrl(), headers, body, 0);
      return answer.isSuccess()
          ? DeliveryOutcome.delivered(answer.status())
          : answer.as(
              answer.status() == HTTP_GONE
                  ? DeliveryOutcome.Kind.GONE
                  : DeliveryOutcome.Kind.FAILED);
    } catch (IOException e) {
      return DeliveryOutcome.failed(String.valueOf(e.getMessage()));
    }
  }

  /**
   * {@code type}, {@code timestamp} and {@code data}, as Standard Webhooks has them, and beside
   * these what all notifications have.
   */
  private String body(Notification notification) {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("type", notification.type());
    body.put("timestamp", notification.timestamp().toString());
    body.put("severity", notification.severity().label());
    body.put("status", notification.status().label());
    body.put("title", notification.title());
    body.put("dedupe_key", notification.dedupeKey());
    body.put("labels", new TreeMap<>(notification.labels()));
    body.put("data", notification.data());
    try {
      return json.writeValueAsString(body);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a webhook cannot be written as JSON", e);
    }
  }
}
