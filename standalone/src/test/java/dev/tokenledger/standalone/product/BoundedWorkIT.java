package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is asked for again, or cannot be done, costs nobody anything. */
@ExtendWith(Product.class)
class BoundedWorkIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Api admin;

  BoundedWorkIT(TokenLedgerProcess product) {
    this.admin = product.admin();
  }

  private static ObjectNode list(String prefix, int models, String dearest) {
    ObjectNode list = Api.JSON.createObjectNode();
    for (int i = 0; i < models; i++) {
      list.putObject(prefix + i)
          .put("litellm_provider", "openai")
          .put("mode", "chat")
          .put("input_cost_per_token", i == 0 ? Double.parseDouble(dearest) : 1e-6)
          .put("output_cost_per_token", 2e-6);
    }
    return list;
  }

  @Test
  void aPriceListThatIsKnownChangesNothing() throws Exception {
    String prefix = "again-" + UUID.randomUUID() + "-";
    JsonNode first = admin.post("/v1/prices/import", list(prefix, 300, "0.000003")).json();
    assertThat(first.path("imported").asInt()).isEqualTo(300);
    String version = version(prefix + 0);

    for (int i = 0; i < 5; i++) {
      JsonNode again = admin.post("/v1/prices/import", list(prefix, 300, "0.000003")).json();
      assertThat(again.path("imported").asInt()).isZero();
      assertThat(again.path("unchanged").asInt()).isEqualTo(300);
    }
    assertThat(version(prefix + 0)).isEqualTo(version);

    JsonNode changed = admin.post("/v1/prices/import", list(prefix, 300, "0.000004")).json();
    assertThat(changed.path("imported").asInt()).isEqualTo(1);
    assertThat(changed.path("unchanged").asInt()).isEqualTo(299);
    assertThat(version(prefix + 0)).isNotEqualTo(version);
  }

  private String version(String model) throws IOException {
    return admin
        .get("/v1/prices/lookup?provider=openai&model=" + model)
        .json()
        .at("/price/version")
        .asText();
  }

  @Test
  void thePriceThatHoldsAlreadyIsNotAddedAgain() throws Exception {
    ObjectNode price =
        Api.JSON
            .createObjectNode()
            .put("provider", "acme")
            .put("model", "once-" + UUID.randomUUID())
            .put("input_usd_per_million_tokens", "3.00");

    String first = admin.post("/v1/prices", price).json().path("version").asText();
    String same =
        admin
            .post("/v1/prices", price.deepCopy().put("input_usd_per_million_tokens", "3"))
            .json()
            .path("version")
            .asText();
    String other =
        admin
            .post("/v1/prices", price.deepCopy().put("input_usd_per_million_tokens", "4"))
            .json()
            .path("version")
            .asText();

    assertThat(same).isEqualTo(first);
    assertThat(other).isNotEqualTo(first);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-999999999-01-01T00:00:00Z",
        "+999999999-12-31T00:00:00Z",
        "+10000-01-01T00:00:00Z",
        "-4800-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z"
      })
  void momentsThatNothingCanHappenAtAreRefused(String time) throws Exception {
    ObjectNode repricing =
        Api.JSON.createObjectNode().put("start", time).put("end", Instant.now().toString());
    assertThat(admin.post("/v1/ledger/repricings", repricing).status()).isEqualTo(400);
    ObjectNode query = Api.JSON.createObjectNode().put("start", time);
    query.putArray("measures").add("model_calls");
    assertThat(admin.post("/v1/analytics/query", query).status()).isEqualTo(400);
    ObjectNode price =
        Api.JSON
            .createObjectNode()
            .put("model", "never")
            .put("from", time)
            .put("input_usd_per_million_tokens", "1");
    assertThat(admin.post("/v1/prices", price).status()).isEqualTo(400);
  }

  @Test
  void aRepricingIsDoneOrCancelledAndThenEnded() throws Exception {
    ObjectNode hour =
        Api.JSON
            .createObjectNode()
            .put("start", Instant.now().minus(Duration.ofHours(1)).toString())
            .put("end", Instant.now().toString());
    String id = admin.post("/v1/ledger/repricings", hour).json().path("id").asText();
    Eventually.holds("the repricing is done", PATIENCE, () -> status(id).equals("done"));

    assertThat(admin.delete("/v1/ledger/repricings/" + id).status()).isEqualTo(409);
    assertThat(admin.delete("/v1/ledger/repricings/" + UUID.randomUUID()).status()).isEqualTo(404);
  }

  private String status(String id) throws IOException {
    for (JsonNode repricing : admin.get("/v1/ledger/repricings").json().path("repricings")) {
      if (repricing.path("id").asText().equals(id)) {
        return repricing.path("status").asText();
      }
    }
    return "missing";
  }
}
