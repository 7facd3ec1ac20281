package dev.tokenledger.platform.pricing;

import dev.tokenledger.model.price.Price;
import dev.tokenledger.model.price.SharedValues;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The prices of one tenant that can still decide what a call costs, of all that were ever recorded.
 * A price that only repeats the one before it is left out, and so is one that a later price has
 * replaced for all of its time. Not thread-safe.
 */
final class OwnPrices {
  private final Map<String, List<Price>> byModel = new HashMap<>();
  private final SharedValues shared;

  /**
   * @param before what is known already, in the order in which it was recorded
   */
  OwnPrices(List<Price> before, SharedValues shared) {
    this.shared = shared;
    for (Price price : before) {
      byModel.computeIfAbsent(key(price), k -> new ArrayList<>(1)).add(price);
    }
  }

  /** Adds the price that was recorded next. */
  void add(Price price) {
    List<Price> prices = byModel.computeIfAbsent(key(price), k -> new ArrayList<>(1));
    if (!prices.isEmpty() && prices.get(prices.size() - 1).isRepeatedBy(price)) {
      return;
    }
    prices.removeIf(price::replaces);
    prices.add(price.sharing(shared));
  }

  private static String key(Price price) {
    return price.provider() + '\n' + price.model().toLowerCase(Locale.ROOT);
  }

  List<Price> all() {
    List<Price> all = new ArrayList<>();
    byModel.values().forEach(all::addAll);
    return all;
  }
}
