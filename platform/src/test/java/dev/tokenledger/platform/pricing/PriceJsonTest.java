package dev.tokenledger.platform.pricing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.model.price.Catalogue;
import dev.tokenledger.model.price.Price;
import dev.tokenledger.model.price.UnitKind;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import java.io.IOException;
import java.time.Instant;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PriceJsonTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");

  private static Price price(String json) throws IOException {
    return JSON.readValue(json, PriceJson.class).toPrice("own/1", "acme", NOW);
  }

  @Test
  void aShortRequestIsAPrice() throws IOException {
    Price price =
        price(
            """
            {"provider": "azure.ai.openai", "model": "gpt-4o", "from": "2026-10-01",
             "until": "2027-01-01T00:00:00+01:00",
             "input_usd_per_million_tokens": "2.50", "output_usd_per_million_tokens": "10"}
            """);

    assertThat(price.provider()).isEqualTo("azure");
    assertThat(price.from()).isEqualTo("2026-10-01T00:00:00Z");
    assertThat(price.until()).isEqualTo(Instant.parse("2026-12-31T23:00:00Z"));
    assertThat(price.version()).isEqualTo("own/1");
    assertThat(price.recordedAt()).isEqualTo(NOW);
    assertThat(price.unitPrices().get(0).usdPerUnit()).isEqualByComparingTo("0.0000025");
  }

  @Test
  void everyBuiltInPriceIsTheSameAfterAWayThroughJson() throws IOException {
    for (Price price : Catalogue.builtIn().prices()) {
      String json = JSON.writeValueAsString(PriceJson.of(price));

      Price again =
          JSON.readValue(json, PriceJson.class)
              .toPrice(price.version(), price.source(), price.recordedAt());

      assertThat(again).isEqualTo(price);
    }
  }

  @Test
  void amountsAreStringsAndFieldsNameTheirUnit() throws IOException {
    String json =
        JSON.writeValueAsString(
            PriceJson.of(
                price(
                    """
                    {"model": "m", "cached_input_usd_per_million_tokens": "0.0375",
                     "unit_prices": [{"kind": "per_input_second", "usd": "0.0001", "per": "second"},
                       {"kind": "input", "service_tier": "batch", "above_input_tokens": 200000, "usd": "1"}]}
                    """)));

    assertThat(json)
        .contains("\"cached_input_usd_per_million_tokens\":\"0.0375\"")
        .contains("\"usd\":\"0.0001\",\"per\":\"second\"")
        .contains("\"service_tier\":\"batch\",\"above_input_tokens\":200000,\"usd\":\"1\"")
        .contains("\"recorded_at\":\"2026-11-20T10:00:00Z\"");
  }

  @Test
  void aFreeModelSaysSo() throws IOException {
    Price price =
        price(
            "{\"model\": \"m\", \"input_usd_per_million_tokens\": \"0\","
                + " \"output_usd_per_million_tokens\": \"0\"}");

    assertThat(PriceJson.of(price).free()).isTrue();
    assertThat(Objects.requireNonNull(PriceJson.of(price).unitPrices())).hasSize(2);
    assertThat(price.unitPrices().get(0).kind()).isEqualTo(UnitKind.INPUT);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          model                                  | {"input_usd_per_million_tokens": "1"}
          model                                  | {"model": "a\\u0000b", "input_usd_per_million_tokens": "1"}
          provider                               | {"model": "m", "provider": "a\\nb", "input_usd_per_million_tokens": "1"}
          from                                   | {"model": "m", "from": "soon", "input_usd_per_million_tokens": "1"}
          from                                   | {"model": "m", "from": "1969-01-01", "input_usd_per_million_tokens": "1"}
          until                                  | {"model": "m", "from": "2026-01-02", "until": "2026-01-01", "input_usd_per_million_tokens": "1"}
          input_usd_per_million_tokens           | {"model": "m"}
          input_usd_per_million_tokens           | {"model": "m", "input_usd_per_million_tokens": "-1"}
          input_usd_per_million_tokens           | {"model": "m", "input_usd_per_million_tokens": "cheap"}
          input_usd_per_million_tokens           | {"model": "m", "input_usd_per_million_tokens": "1e999999999"}
          input_usd_per_million_tokens           | {"model": "m", "input_usd_per_million_tokens": "0.0000000001"}
          output_usd_per_million_tokens          | {"model": "m", "output_usd_per_million_tokens": "1", "unit_prices": [{"kind": "output", "usd": "2"}]}
          unit_prices[0]                         | {"model": "m", "unit_prices": [null]}
          unit_prices[0].kind                    | {"model": "m", "unit_prices": [{"usd": "1"}]}
          unit_prices[0].kind                    | {"model": "m", "unit_prices": [{"kind": "water", "usd": "1"}]}
          unit_prices[0].service_tier            | {"model": "m", "unit_prices": [{"kind": "input", "service_tier": "gold", "usd": "1"}]}
          unit_prices[0].above_input_tokens      | {"model": "m", "unit_prices": [{"kind": "input", "above_input_tokens": -1, "usd": "1"}]}
          unit_prices[0].per                     | {"model": "m", "unit_prices": [{"kind": "input", "per": "second", "usd": "1"}]}
          unit_prices[0].usd                     | {"model": "m", "unit_prices": [{"kind": "input"}]}
          unit_prices[1]                         | {"model": "m", "unit_prices": [{"kind": "input", "usd": "1"}, {"kind": "input", "usd": "2"}]}
          """)
  void anInvalidFieldIsNamed(String field, String json) {
    assertThatThrownBy(() -> price(json))
        .isInstanceOfSatisfying(
            ProblemException.class,
            problem -> {
              assertThat(problem.code()).isEqualTo(ProblemCode.INVALID_FIELD);
              assertThat(problem.extensions()).containsEntry("field", field);
              assertThat(problem.getMessage()).contains(field);
            });
  }
}
