package dev.tokenledger.alerting.explanation;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A slice with what it accounts for.
 *
 * @param values value by dimension; empty for everything but the causes before it
 * @param usual what the slice usually amounts to
 * @param change what it accounts for: of a sum, observed less usual; of a rate, what is above the
 *     line more than at the usual rate
 * @param percent of the whole change; negative where it moves against it
 * @param onset since when; null where that was not looked for or cannot be told
 */
record Cause(
    Map<String, String> values,
    Figure observed,
    Figure usual,
    long change,
    int percent,
    @Nullable Onset onset) {
  Cause {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  Cause since(@Nullable Onset found) {
    return new Cause(values, observed, usual, change, percent, found);
  }
}
