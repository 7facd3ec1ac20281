package dev.tokenledger.alerting.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.alerting.notification.Notification.Status;
import dev.tokenledger.alerting.notification.Severity;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PagerDutySenderTest {
  private static final String KEY = "R0123456789ABCDEFGHIJKLMNOPQRSTU";

  private static Vertx vertx;
  private static PagerDutySender sender;

  @BeforeAll
  static void prepare() {
    vertx = Vertx.vertx();
    sender =
        new PagerDutySender(
            new PinnedHttpClient(
                vertx, new AddressGuard(true), Duration.ofSeconds(1), 1, Clock.systemUTC()),
            new ObjectMapper(),
            URI.create("https://events.pagerduty.com"));
  }

  @AfterAll
  static void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @ParameterizedTest
  @CsvSource({"LOW,info", "MEDIUM,warning", "HIGH,error", "CRITICAL,critical"})
  void severitiesAreTheirs(Severity ours, String theirs) {
    JsonNode event =
        sender.event(KEY, Notifications.of(ours, Status.FIRING, Notifications.TIME, Map.of()));
    assertThat(event.at("/payload/severity").asText()).isEqualTo(theirs);
  }

  @Test
  void whatBeginsIsTriggeredAndWhatEndsResolvedUnderOneKey() {
    JsonNode begun = sender.event(KEY, told("rule.firing", Status.FIRING, "k"));
    JsonNode over = sender.event(KEY, told("incident.resolved", Status.RESOLVED, "k"));
    assertThat(List.of(begun, over))
        .extracting(event -> event.path("event_action").asText())
        .containsExactly("trigger", "resolve");
    assertThat(List.of(begun, over))
        .extracting(event -> event.path("dedup_key").asText())
        .containsOnly("k");
  }

  @Test
  void aKeyThatIsTooLongForThemStaysTheSameKey() {
    String key =
        sender.event(KEY, told("t", Status.FIRING, "k".repeat(256))).path("dedup_key").asText();
    String again =
        sender.event(KEY, told("t", Status.RESOLVED, "k".repeat(256))).path("dedup_key").asText();
    String other =
        sender.event(KEY, told("t", Status.FIRING, "k".repeat(257))).path("dedup_key").asText();
    assertThat(key).isEqualTo(again).isNotEqualTo(other).hasSizeLessThanOrEqualTo(255);
  }

  private static Notification told(String type, Status status, String key) {
    return new Notification(
        type,
        Instant.EPOCH,
        Severity.LOW,
        status,
        "A title",
        "A text.",
        key,
        Map.of(),
        List.of(),
        Map.of());
  }
}
