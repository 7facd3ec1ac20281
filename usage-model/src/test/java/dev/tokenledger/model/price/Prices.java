package dev.tokenledger.model.price;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Prices for tests, written as in the catalogue: {@code "input=2.5 output=10"}. */
final class Prices {
  static final Instant LEARNED = Instant.parse("2026-07-24T00:00:00Z");

  private Prices() {}

  static Price price(@Nullable String provider, String model, String unitPrices) {
    return price(provider, model, Price.ALWAYS, null, LEARNED, unitPrices);
  }

  static Price price(
      @Nullable String provider,
      String model,
      Instant from,
      @Nullable Instant until,
      Instant recordedAt,
      String unitPrices) {
    String version = provider + "/" + model + "/" + from + "/" + recordedAt;
    return new Price(
        version, provider, model, from, until, recordedAt, "test", unitPrices(unitPrices));
  }

  private static List<UnitPrice> unitPrices(String text) {
    return Arrays.stream(text.split(" ")).map(Prices::unitPrice).toList();
  }

  private static UnitPrice unitPrice(String text) {
    String[] sides = text.split("=");
    String[] tiered = sides[0].split("@");
    String[] sized = tiered[0].split(">");
    UnitKind kind = UnitKind.ofLabel(sized[0]);
    ServiceTier tier = tiered.length == 1 ? ServiceTier.STANDARD : ServiceTier.ofLabel(tiered[1]);
    if (kind == null || tier == null) {
      throw new IllegalArgumentException(text);
    }
    return UnitPrice.ofWritten(
        kind, tier, sized.length == 1 ? 0 : Long.parseLong(sized[1]), new BigDecimal(sides[1]));
  }
}
