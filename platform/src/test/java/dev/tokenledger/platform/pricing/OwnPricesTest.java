package dev.tokenledger.platform.pricing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.model.price.Price;
import dev.tokenledger.model.price.PriceBook;
import dev.tokenledger.model.price.SharedValues;
import dev.tokenledger.model.price.UnitKind;
import dev.tokenledger.model.price.UnitPrice;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class OwnPricesTest {
  private static final Instant DAY = Instant.parse("2026-11-01T00:00:00Z");
  private static final int TENANT = 3;

  private int recorded;

  private Price price(String model, int fromDay, @Nullable Integer untilDay, String usd) {
    recorded++;
    return new Price(
        "v" + recorded,
        "acme",
        model,
        day(fromDay),
        untilDay == null ? null : day(untilDay),
        DAY.plusSeconds(recorded),
        "own",
        List.of(UnitPrice.of(UnitKind.INPUT, new BigDecimal(usd))));
  }

  private static Instant day(int day) {
    return DAY.plus(Duration.ofDays(day));
  }

  private static OwnPrices own(List<Price> before) {
    return new OwnPrices(before, new SharedValues());
  }

  @Test
  void aPriceThatOnlyRepeatsTheOneBeforeIsLeftOut() {
    OwnPrices own = own(List.of());
    Price first = price("m", 0, null, "1");
    own.add(first);
    for (int day = 1; day < 40; day++) {
      own.add(price("M", day, null, "1"));
    }

    assertThat(own.all()).containsExactly(first);
  }

  @Test
  void aPriceOfTheSameDayTakesThePlaceOfTheOneBefore() {
    OwnPrices own = own(List.of(price("m", 0, null, "1")));
    own.add(price("m", 4, null, "2"));
    Price corrected = price("m", 4, null, "3");
    own.add(corrected);

    assertThat(own.all()).hasSize(2).contains(corrected);
  }

  @Test
  void aPriceThatEndsDoesNotTakeThePlaceOfOneThatGoesOn() {
    OwnPrices own = own(List.of(price("m", 0, null, "1")));
    own.add(price("m", 0, 5, "2"));
    own.add(price("m", 0, 5, "2"));

    assertThat(own.all()).hasSize(2);
  }

  @Test
  void whatIsKeptPricesEveryMomentAsAllWould() {
    Random random = new Random(5);
    for (int round = 0; round < 300; round++) {
      List<Price> all = new ArrayList<>();
      OwnPrices own = own(List.of());
      for (int i = 0; i < 12; i++) {
        int from = random.nextInt(8);
        Integer until = random.nextInt(3) == 0 ? from + 1 + random.nextInt(5) : null;
        Price price =
            price("m" + random.nextInt(2), from, until, Integer.toString(1 + random.nextInt(2)));
        all.add(price);
        own.add(price);
      }
      PriceBook whole = PriceBook.of(List.of()).withOverrides(Map.of(TENANT, all));
      PriceBook kept = PriceBook.of(List.of()).withOverrides(Map.of(TENANT, own.all()));
      for (int day = -1; day < 15; day++) {
        for (String model : List.of("m0", "m1")) {
          assertThat(amounts(kept, model, day(day)))
              .as("round %d, %s on day %d", round, model, day)
              .isEqualTo(amounts(whole, model, day(day)));
        }
      }
    }
  }

  private static Optional<List<UnitPrice>> amounts(PriceBook book, String model, Instant time) {
    return book.find(TENANT, "acme", model, time).map(Price::unitPrices);
  }

  @Test
  void aBookWithChangesOfOneTenantKeepsThoseOfOthers() {
    PriceBook book =
        PriceBook.of(List.of())
            .withOverrides(Map.of(1, List.of(price("m", 0, null, "1"))))
            .withChanged(Map.of(2, List.of(price("m", 0, null, "2"))));

    assertThat(book.find(1, "acme", "m", day(1)).orElseThrow().version()).isEqualTo("v1");
    assertThat(book.find(2, "acme", "m", day(1)).orElseThrow().version()).isEqualTo("v2");
    assertThat(book.find(3, "acme", "m", day(1))).isEmpty();
  }
}
