package dev.tokenledger.model.price;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All prices of one model at one provider. Immutable. */
final class PriceHistory {
  /** The one learned last first; of one day's, the one that starts last. */
  private static final Comparator<Price> LAST_LEARNED_FIRST =
      Comparator.comparing(Price::recordedAt)
          .thenComparing(Price::from)
          .thenComparing(Price::version)
          .reversed();

  private final Price[] prices;

  PriceHistory(List<Price> prices) {
    this.prices = prices.stream().sorted(LAST_LEARNED_FIRST).toArray(Price[]::new);
  }

  /** The price that holds at a time: of several, the one learned last; null when none does. */
  @Nullable Price at(Instant time) {
    for (Price price : prices) {
      if (price.holdsAt(time)) {
        return price;
      }
    }
    return null;
  }

  List<Price> prices() {
    return List.of(prices);
  }

  /** The price that stands for the model where no time is given. */
  Price last() {
    return prices[0];
  }
}
