package dev.tokenledger.alerting.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import dev.tokenledger.alerting.AlertingTables;
import dev.tokenledger.alerting.notification.Notification.Status;
import dev.tokenledger.alerting.notification.Severity;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class WebhookSenderTest {
  @Test
  void aBodySaysHowMuchItMattersWhatItBelongsToAndByWhatToRouteIt() throws Exception {
    List<JsonNode> bodies = new CopyOnWriteArrayList<>();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          bodies.add(AlertingTables.JSON.readTree(exchange.getRequestBody()));
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    server.start();
    Vertx vertx = Vertx.vertx();
    try {
      PinnedHttpClient http =
          new PinnedHttpClient(
              vertx, new AddressGuard(true), Duration.ofSeconds(5), 1, Clock.systemUTC());
      Receiver receiver =
          new Receiver(
              ChannelType.WEBHOOK,
              URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/"),
              List.of(),
              null,
              List.of(WebhookSignature.newSecret(new SecureRandom())));
      Message message =
          new Message(
              UUID.randomUUID(),
              Notifications.TIME,
              Notifications.of(
                  Severity.HIGH, Status.RESOLVED, Notifications.TIME, Map.of("agent", "a")),
              List.of(),
              "budget.threshold_crossed");
      DeliveryOutcome outcome =
          new WebhookSender(http, AlertingTables.JSON).send(receiver, message);
      assertThat(outcome.kind()).as(outcome.error()).isEqualTo(DeliveryOutcome.Kind.DELIVERED);
      assertThat(bodies)
          .containsExactly(
              AlertingTables.JSON.readTree(
                  """
                  {"type": "budget.threshold_crossed", "timestamp": "2026-11-20T10:00:00Z",
                   "severity": "high", "status": "resolved", "title": "A title",
                   "dedupe_key": "budget:7", "labels": {"agent": "a"},
                   "data": {"text": "A text."}}"""));
    } finally {
      server.stop(0);
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }
}
