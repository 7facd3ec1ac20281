package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.standardwebhooks.Webhook;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What becomes of a notification that its receiver does not take at once. */
@ExtendWith(Product.class)
class DeliveryIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final TokenLedgerProcess product;
  private final Api admin;

  DeliveryIT(TokenLedgerProcess product) {
    this.product = product;
    this.admin = product.admin();
  }

  @Test
  void aRefusedWebhookComesAgainNotBeforeItMayAndUnderTheSameId() throws Exception {
    try (Webhooks receiver = new Webhooks(new Webhooks.Refusal(503, "3"))) {
      JsonNode channel = channel(receiver.url());
      spendBeyondABudget(channel);
      Eventually.holds("it comes again", PATIENCE, () -> receiver.requests().size() == 2);
      Webhooks.Request first = receiver.requests().get(0);
      Webhooks.Request second = receiver.requests().get(1);
      assertThat(second.id()).isEqualTo(first.id());
      assertThat(second.body()).isEqualTo(first.body());
      assertThat(Long.parseLong(second.timestamp()) - Long.parseLong(first.timestamp()))
          .as("seconds that the receiver had asked for")
          .isGreaterThanOrEqualTo(3);
      for (Webhooks.Request request : receiver.requests()) {
        new Webhook(channel.path("secret").asText()).verify(request.body(), request.headers());
      }
      Eventually.holds(
          "it is noted as delivered",
          PATIENCE,
          () -> delivery(first.id()).path("status").asText().equals("delivered"));
      assertThat(delivery(first.id()).path("attempts").asInt()).isEqualTo(2);
      assertThat(delivery(first.id()).path("last_status").asInt()).isEqualTo(204);
      JsonNode log = delivery(first.id()).path("log");
      assertThat(log.findValuesAsText("outcome")).containsExactly("failed", "delivered");
      assertThat(log.findValuesAsText("status")).containsExactly("503", "204");
      assertThat(log.at("/0/error").asText()).contains("503");
      assertThat(log.at("/1/duration_ms").asLong(-1)).isNotNegative();
      assertThat(delivery(first.id()).at("/notification/type").asText())
          .isEqualTo("budget.threshold_crossed");
    }
  }

  @Test
  void aReceiverThatIsGoneIsLeftAloneUntilSomebodyAsksForIt() throws Exception {
    try (Webhooks receiver = new Webhooks(new Webhooks.Refusal(410, ""))) {
      JsonNode channel = channel(receiver.url());
      spendBeyondABudget(channel);
      Eventually.holds("it was tried", PATIENCE, () -> !receiver.requests().isEmpty());
      String id = receiver.requests().get(0).id();
      Eventually.holds(
          "it is given up", PATIENCE, () -> delivery(id).path("status").asText().equals("dead"));
      assertThat(delivery(id).path("last_error").asText()).contains("410");
      assertThat(find(channel.path("id").asText()).path("disabled_reason").asText())
          .contains("410");
      assertThat(receiver.requests()).hasSize(1);

      assertThat(admin.post("/v1/alerts/deliveries/" + id + "/replay", empty()).status())
          .isEqualTo(202);
      Eventually.holds(
          "it is delivered at last",
          PATIENCE,
          () -> delivery(id).path("status").asText().equals("delivered"));
      assertThat(receiver.requests()).hasSize(2).extracting(Webhooks.Request::id).containsOnly(id);
    }
  }

  @Test
  void aDeliveryThatIsNotThereCannotBeReplayed() throws Exception {
    String path = "/v1/alerts/deliveries/" + UUID.randomUUID() + "/replay";
    assertThat(admin.post(path, empty()).code()).isEqualTo("not_found");
  }

  private JsonNode channel(String url) throws IOException {
    ObjectNode channel =
        Api.JSON.createObjectNode().put("name", "delivery").put("type", "webhook").put("url", url);
    Api.Answer created = admin.post("/v1/alerts/channels", channel);
    assertThat(created.status()).as(created.text()).isEqualTo(201);
    return created.json();
  }

  private void spendBeyondABudget(JsonNode channel) throws IOException {
    String agent = "spender-" + UUID.randomUUID();
    ObjectNode budget =
        Api.JSON
            .createObjectNode()
            .put("name", "delivery")
            .put("amount_usd", "0.01")
            .put("period", "monthly");
    budget.putObject("scope").put("agent", agent);
    budget.putArray("thresholds").add(100);
    budget.putArray("channels").add(channel.path("id").asText());
    Api.Answer created = admin.post("/v1/budgets", budget);
    assertThat(created.status()).as(created.text()).isEqualTo(201);
    ObjectNode call =
        Events.call(
            UUID.randomUUID().toString(), "openai", "gpt-4o", Instant.now().toString(), 4_200, 0);
    assertThat(product.ingest().report(call.put("agent", agent)).accepted()).isEqualTo(1);
  }

  private JsonNode delivery(String id) throws IOException {
    return admin.get("/v1/alerts/deliveries/" + id).json();
  }

  private JsonNode find(String channelId) throws IOException {
    return admin.get("/v1/alerts/channels/" + channelId).json();
  }

  private static ObjectNode empty() {
    return Api.JSON.createObjectNode();
  }
}
