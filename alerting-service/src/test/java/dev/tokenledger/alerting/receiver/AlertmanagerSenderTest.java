package dev.tokenledger.alerting.receiver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.alerting.notification.Notification.Status;
import dev.tokenledger.alerting.notification.Severity;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AlertmanagerSenderTest {
  private static final Instant START = Notifications.TIME;
  private static final Instant LATER = START.plusSeconds(60);

  private static Vertx vertx;
  private static AlertmanagerSender sender;

  @BeforeAll
  static void prepare() {
    vertx = Vertx.vertx();
    sender =
        new AlertmanagerSender(
            new PinnedHttpClient(
                vertx, new AddressGuard(true), Duration.ofSeconds(5), 1, Clock.systemUTC()),
            new ObjectMapper());
  }

  @AfterAll
  static void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  @ParameterizedTest
  @CsvSource({
    "agent,agent",
    "use-case,use_case",
    "7days,_7days",
    "tags.team,tags_team",
    "größe,gr__e",
    "'',_"
  })
  void namesOfLabelsBecomeOnesThatPrometheusTakes(String name, String expected) {
    assertThat(AlertmanagerSender.name(name)).isEqualTo(expected);
  }

  @Test
  void whatFiresEndsInYearsUnlessItIsResolved() {
    JsonNode alerts =
        sender.alerts(
            message(
                Notifications.of(
                    Severity.HIGH, Status.FIRING, START, Map.of("use-case", "x", "empty", ""))));
    assertThat(alerts).hasSize(1);
    JsonNode labels = alerts.at("/0/labels");
    assertThat(labels.path("alertname").asText()).isEqualTo("budget.threshold_crossed");
    assertThat(labels.path("severity").asText()).isEqualTo("high");
    assertThat(labels.path("use_case").asText()).isEqualTo("x");
    assertThat(labels.has("empty")).isFalse();
    assertThat(Instant.parse(alerts.at("/0/startsAt").asText())).isEqualTo(START);
    assertThat(Instant.parse(alerts.at("/0/endsAt").asText()))
        .isAfter(START.plus(Duration.ofDays(3_000)));
  }

  @Test
  void anAlertWhoseSeverityRisesEndsTheFormerOne() {
    JsonNode alerts =
        sender.alerts(
            message(
                Notifications.of(Severity.CRITICAL, Status.FIRING, LATER, Map.of()),
                Notifications.of(Severity.HIGH, Status.FIRING, START, Map.of())));
    assertThat(alerts.findValuesAsText("severity")).containsExactly("critical", "high");
    assertThat(alerts.at("/0/startsAt").asText()).isEqualTo(START.toString());
    assertThat(Instant.parse(alerts.at("/0/endsAt").asText())).isAfter(LATER);
    assertThat(alerts.at("/1/endsAt").asText()).isEqualTo(LATER.toString());
  }

  @Test
  void aReminderIsTheSameAlertAndEndsNone() {
    Notification opened = Notifications.of(Severity.HIGH, Status.FIRING, START, Map.of());
    JsonNode alerts = sender.alerts(message(Notifications.reminderOf(opened, LATER), opened));
    assertThat(alerts).hasSize(1);
    assertThat(alerts.at("/0/labels/alertname").asText()).isEqualTo("budget.threshold_crossed");
    assertThat(Instant.parse(alerts.at("/0/endsAt").asText())).isAfter(LATER);
  }

  @Test
  void aResolutionEndsAllThatWasToldWithTheLabelsThatItWasToldWith() {
    JsonNode alerts =
        sender.alerts(
            message(
                Notifications.of(Severity.LOW, Status.RESOLVED, LATER, Map.of()),
                Notifications.of(Severity.HIGH, Status.FIRING, START, Map.of("agent", "a")),
                Notifications.of(Severity.CRITICAL, Status.FIRING, START, Map.of("agent", "a"))));
    assertThat(alerts.findValuesAsText("severity")).containsExactly("high", "critical");
    assertThat(alerts.findValuesAsText("agent")).containsExactly("a", "a");
    assertThat(alerts.findValuesAsText("endsAt"))
        .containsExactly(LATER.toString(), LATER.toString());
  }

  @Test
  void behindAPathAndBasicAuthenticationItIsReachedAsWell() throws Exception {
    List<String> requests = new CopyOnWriteArrayList<>();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          requests.add(
              exchange.getRequestURI()
                  + " "
                  + exchange.getRequestHeaders().getFirst("Authorization"));
          exchange.getRequestBody().readAllBytes();
          exchange.sendResponseHeaders(requests.size() == 1 ? 200 : 400, -1);
          exchange.close();
        });
    server.start();
    try {
      Receiver receiver =
          new Receiver(
              ChannelType.ALERTMANAGER,
              URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/am/"),
              List.of(),
              "user",
              List.of("password"));
      Message message = message(Notifications.of(Severity.LOW, Status.FIRING, START, Map.of()));
      assertThat(sender.send(receiver, message).kind()).isEqualTo(DeliveryOutcome.Kind.DELIVERED);
      assertThat(requests).containsExactly("/am/api/v2/alerts Basic dXNlcjpwYXNzd29yZA==");
      assertThat(sender.send(receiver, message).kind())
          .as("what it cannot read, it will not read tomorrow")
          .isEqualTo(DeliveryOutcome.Kind.REFUSED);
    } finally {
      server.stop(0);
    }
  }

  private static Message message(Notification notification, Notification... earlier) {
    return new Message(
        UUID.randomUUID(), LATER, notification, List.of(earlier), "budget.threshold_crossed");
  }
}
