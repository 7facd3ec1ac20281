package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * The application is killed again and again while it delivers. Each notification arrives at each
 * channel, perhaps more than once, and then under the same id.
 */
class DeliveryKillIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int CHANNELS = 4;
  private static final int BUDGETS = 40;
  private static final int THRESHOLDS = 4;
  private static final int KILLS = 3;

  @Test
  void eachNotificationIsDeliveredAtLeastOnceAndNeverUnderTwoIds() throws Exception {
    List<Webhooks> receivers = new ArrayList<>();
    try (TokenLedgerProcess product =
        TokenLedgerProcess.start("delivery-kill", "-Dtokenledger.alerting.delivery-timeout=2s")) {
      for (int i = 0; i < CHANNELS; i++) {
        Webhooks receiver = new Webhooks();
        receivers.add(receiver);
        ObjectNode channel =
            Api.JSON
                .createObjectNode()
                .put("name", "kill")
                .put("type", "webhook")
                .put("url", receiver.url());
        assertThat(product.admin().post("/v1/alerts/channels", channel).status()).isEqualTo(201);
      }
      spendBeyondBudgets(product);
      int all = CHANNELS * BUDGETS * THRESHOLDS;
      for (int kill = 1; kill <= KILLS; kill++) {
        int enough = all * kill / (KILLS + 2);
        Eventually.holds("some are delivered", PATIENCE, () -> count(receivers) >= enough);
        assertThat(count(receivers)).as("requests before kill %d", kill).isLessThan(all);
        product.kill();
        product.startAgain();
      }
      Eventually.holds(
          "every delivery is noted as delivered",
          PATIENCE,
          () -> deliveries(product, "delivered") == all && deliveries(product, "dead") == 0);
      for (Webhooks receiver : receivers) {
        assertToldOnce(receiver);
      }
    } finally {
      receivers.forEach(Webhooks::close);
    }
  }

  private static void assertToldOnce(Webhooks receiver) {
    Map<String, Set<String>> idsByCrossing = new HashMap<>();
    for (Webhooks.Request request : receiver.requests()) {
      JsonNode data = request.json().path("data");
      idsByCrossing
          .computeIfAbsent(
              data.path("budget_id").asText() + " " + data.path("threshold").asText(),
              crossing -> new HashSet<>())
          .add(request.id());
    }
    assertThat(idsByCrossing).hasSize(BUDGETS * THRESHOLDS);
    assertThat(idsByCrossing.values()).allSatisfy(ids -> assertThat(ids).hasSize(1));
  }

  private static int count(List<Webhooks> receivers) {
    return receivers.stream().mapToInt(receiver -> receiver.requests().size()).sum();
  }

  private static int deliveries(TokenLedgerProcess product, String status) throws IOException {
    int count = 0;
    String cursor = "";
    do {
      JsonNode page =
          product.admin().get("/v1/alerts/deliveries?limit=200&status=" + status + cursor).json();
      count += page.path("deliveries").size();
      cursor = page.path("cursor").isTextual() ? "&cursor=" + page.path("cursor").asText() : "";
    } while (!cursor.isEmpty());
    return count;
  }

  /** One call that crosses all thresholds of all budgets. */
  private static void spendBeyondBudgets(TokenLedgerProcess product) throws IOException {
    for (int i = 0; i < BUDGETS; i++) {
      ObjectNode budget =
          Api.JSON
              .createObjectNode()
              .put("name", "kill " + i)
              .put("amount_usd", "0.01")
              .put("period", "monthly");
      budget.putObject("scope").put("agent", "spender");
      assertThat(product.admin().post("/v1/budgets", budget).status()).isEqualTo(201);
    }
    ObjectNode call =
        Events.call(
            UUID.randomUUID().toString(), "openai", "gpt-4o", Instant.now().toString(), 4_200, 0);
    assertThat(product.ingest().report(call.put("agent", "spender")).accepted()).isEqualTo(1);
  }
}
