package dev.tokenledger.alerting.delivery;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.alerting.notification.Severity;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Reads notifications as deliveries keep them, also those of versions before and after ours. */
@RegisterForReflection(
    targets = {
      Notification.class,
      Notification.Fact.class,
      Notification.Status.class,
      Severity.class
    })
final class StoredNotification {
  private final ObjectMapper json;
  private final ObjectReader reader;

  StoredNotification(ObjectMapper json) {
    this.json = json;
    this.reader =
        json.readerFor(Notification.class)
            .without(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);
  }

  /** The notification, or empty if it is none that we know how to read. */
  Optional<Notification> read(UUID delivery, String payload) {
    try {
      JsonNode stored = json.readTree(payload);
      return Optional.of(
          stored.has("dedupe_key") ? reader.readValue(stored) : ofWebhook(delivery, stored));
    } catch (IOException | IllegalArgumentException | DateTimeException e) {
      return Optional.empty();
    }
  }

  /** The first deliveries kept the body of a webhook. */
  private Notification ofWebhook(UUID delivery, JsonNode body) {
    String text = body.path("data").path("text").asText();
    Map<String, Object> data =
        json.convertValue(
            body.path("data"),
            json.getTypeFactory().constructMapType(Map.class, String.class, Object.class));
    return new Notification(
        body.path("type").asText(),
        Instant.parse(body.path("timestamp").asText()),
        Severity.MEDIUM,
        Notification.Status.FIRING,
        text,
        text,
        delivery.toString(),
        Map.of(),
        List.of(),
        data);
  }
}
