package dev.tokenledger.model.price;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a reported model is listed.
 *
 * @param provider who sells it; null for an override that holds whoever does
 * @param model its name in the catalogue
 * @param steps what led from the reported name to it; empty for an exact match
 * @param snapshot true when a snapshot date was left out of the reported name, or added to it
 * @param otherwise where to look at a time at which no price of this one holds: the catalogue, for
 *     an override; else null
 */
record PriceMatch(
    @Nullable String provider,
    String model,
    List<String> steps,
    boolean snapshot,
    PriceHistory history,
    @Nullable PriceMatch otherwise) {

  /** An override before the catalogue's listing of the same model. */
  PriceMatch before(@Nullable PriceMatch listed) {
    return new PriceMatch(provider, model, steps, snapshot, history, listed);
  }

  /** The listing that has a price for a time; this one when none has. */
  PriceMatch at(Instant time) {
    return otherwise != null && history.at(time) == null && otherwise.history.at(time) != null
        ? otherwise
        : this;
  }

  @Nullable Price priceAt(Instant time) {
    @Nullable Price price = history.at(time);
    return price != null || otherwise == null ? price : otherwise.history.at(time);
  }
}
