package dev.tokenledger.ingest.pricing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.model.price.Price;
import dev.tokenledger.model.price.UnitKind;
import dev.tokenledger.model.price.UnitPrice;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PriceChangesTest {
  private static final Instant LEARNED = Instant.parse("2026-07-24T00:00:00Z");

  private static Price now(String in, String out, UnitPrice... more) {
    List<UnitPrice> prices = new ArrayList<>(List.of(more));
    prices.add(UnitPrice.of(UnitKind.INPUT, new BigDecimal(in)));
    prices.add(UnitPrice.of(UnitKind.OUTPUT, new BigDecimal(out)));
    return new Price("list/2026-07-24/p/m", "p", "m", Price.ALWAYS, null, LEARNED, "list", prices);
  }

  private static String change(String day, String in1, String out1, String in2, String out2) {
    return String.format(
        Locale.ROOT,
        """
        {"at": "%sT12:00:00+08:00", "model": "p/m",
         "old": {"input_cost_per_token": %s, "output_cost_per_token": %s, "cache_read_input_token_cost": null},
         "new": {"input_cost_per_token": %s, "output_cost_per_token": %s}}
        """,
        day,
        in1,
        out1,
        in2,
        out2);
  }

  private static List<Price> under(Price now, String... changes) throws IOException {
    String json = "{\"changes\": [" + String.join(",", changes) + "]}";
    return PriceChanges.read(new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)))
        .under(Map.of("p/m", now));
  }

  @Test
  void eachPeriodGetsAPriceOfItsOwn() throws IOException {
    List<Price> prices =
        under(
            now("1e-6", "4e-6"),
            change("2025-03-01", "3e-6", "9e-6", "2e-6", "8e-6"),
            change("2025-06-01", "2e-6", "8e-6", "1e-6", "4e-6"));

    assertThat(prices)
        .extracting(Price::version)
        .containsExactly("list/2026-07-24/p/m", "list/2025-03-01/p/m", "list/2025-06-01/p/m");
    assertThat(prices)
        .extracting(Price::from)
        .containsExactly(
            Price.ALWAYS,
            Instant.parse("2025-03-01T00:00:00Z"),
            Instant.parse("2025-06-01T00:00:00Z"));
    assertThat(prices.get(1).until()).isEqualTo(prices.get(2).from());
    assertThat(prices.get(2).until()).isNull();
    assertThat(prices.get(1).unitPrices().get(0).usdPerUnit()).isEqualByComparingTo("0.000002");
  }

  @Test
  void correctionsOfTheListAreNotChangesOfThePrice() throws IOException {
    // A thousand times too much; a price from nothing; a slip undone; exchanged columns.
    assertSinglePrice(change("2025-03-01", "1e-3", "4e-3", "1e-6", "4e-6"));
    assertSinglePrice(change("2025-03-01", "0.0", "0.0", "1e-6", "4e-6"));
    assertSinglePrice(change("2025-03-01", "null", "null", "1e-6", "4e-6"));
    assertSinglePrice(
        change("2025-03-01", "1e-6", "4e-6", "2e-6", "4e-6"),
        change("2025-03-03", "2e-6", "4e-6", "1e-6", "4e-6"));
    assertSinglePrice(change("2025-03-01", "4e-6", "1e-6", "1e-6", "4e-6"));
    assertSinglePrice(change("2025-03-01", "3e-6", "9e-6", "2e-6", "8e-6"));
  }

  private static void assertSinglePrice(String... changes) throws IOException {
    Price now = now("1e-6", "4e-6");
    assertThat(under(now, changes)).containsExactly(now);
  }

  @Test
  void modelsWhoseHistoryIsNotToldInFullAreLeftAlone() throws IOException {
    Price now = now("1e-6", "4e-6", UnitPrice.of(UnitKind.AUDIO_INPUT, new BigDecimal("1e-5")));

    assertThat(under(now, change("2025-03-01", "3e-6", "9e-6", "1e-6", "4e-6")))
        .containsExactly(now);
  }
}
