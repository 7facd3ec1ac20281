package dev.tokenledger.model.price;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the catalogue lists a reported model.
 *
 * @param provider who sells it; null for an override that holds whoever does
 * @param model its name in the catalogue
 * @param steps what led from the reported name to it; empty for an exact match
 * @param snapshot true when a snapshot date was left out of the reported name, or added to it
 */
record PriceMatch(
    @Nullable String provider,
    String model,
    List<String> steps,
    boolean snapshot,
    PriceHistory history) {}
