package dev.tokenledger.ingest.usage;

import dev.tokenledger.model.event.BillableUnits;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/**
 * Counts as somebody reported them, before they have one meaning. A measure that is not in the map
 * was not reported, which differs from zero.
 *
 * @param counts tokens, none negative
 * @param cache where the cached and cache-written tokens are, relative to the input
 * @param reasoning where the reasoning tokens are, relative to the output
 * @param units what is billed beside tokens
 */
public record ReportedUsage(
    Map<Measure, Long> counts, Placement cache, Placement reasoning, BillableUnits units) {

  public ReportedUsage {
    counts = Map.copyOf(counts);
    Objects.requireNonNull(cache, "cache");
    Objects.requireNonNull(reasoning, "reasoning");
    Objects.requireNonNull(units, "units");
  }

  /** True when neither tokens nor units were reported. A reported zero is not empty. */
  public boolean isEmpty() {
    return counts.isEmpty() && units.isNone();
  }

  boolean has(Measure measure) {
    return counts.containsKey(measure);
  }

  long get(Measure measure) {
    return counts.getOrDefault(measure, 0L);
  }

  /**
   * These counts, and from the other report those that are missing here. The placements are those
   * of the report that holds the input.
   */
  public ReportedUsage orElse(ReportedUsage other) {
    Map<Measure, Long> merged = new EnumMap<>(Measure.class);
    merged.putAll(other.counts);
    merged.putAll(counts);
    boolean ours = has(Measure.INPUT) || !other.has(Measure.INPUT);
    return new ReportedUsage(
        merged,
        ours ? cache : other.cache,
        ours ? reasoning : other.reasoning,
        units.isNone() ? other.units : units);
  }
}
