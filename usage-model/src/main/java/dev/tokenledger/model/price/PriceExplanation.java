package dev.tokenledger.model.price;

import dev.tokenledger.model.event.Pricing;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a price was found, or why none was.
 *
 * @param price the price that holds; null when there is none
 * @param reason why there is none; null when there is one
 * @param override true when the price is the tenant's own
 * @param steps what led from the reported provider and model to the catalogue's; empty when they
 *     are listed as reported
 * @param history all prices of the model that was found, whenever they hold; empty when none was
 */
public record PriceExplanation(
    @Nullable Price price,
    Pricing.@Nullable UnpricedReason reason,
    boolean override,
    List<String> steps,
    List<Price> history) {
  public PriceExplanation {
    steps = List.copyOf(steps);
    history = List.copyOf(history);
  }
}
