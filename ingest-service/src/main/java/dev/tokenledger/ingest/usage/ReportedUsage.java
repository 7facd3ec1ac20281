package dev.tokenledger.ingest.usage;

import dev.tokenledger.model.event.BillableUnits;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

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
    Map<UsageCount, Long> counts, Containment cache, Containment reasoning, BillableUnits units) {

  /** The input, its parts, and the total, which means nothing beside another input. */
  private static final Set<UsageCount> INPUT_SIDE =
      EnumSet.of(
          UsageCount.INPUT,
          UsageCount.TOTAL,
          UsageCount.CACHE_READ,
          UsageCount.CACHE_WRITE,
          UsageCount.CACHE_WRITE_1H,
          UsageCount.AUDIO_INPUT,
          UsageCount.IMAGE_INPUT);

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

  boolean has(UsageCount measure) {
    return counts.containsKey(measure);
  }

  long get(UsageCount measure) {
    return counts.getOrDefault(measure, 0L);
  }

  /** True when the report says what was sent or what was generated, and not parts alone. */
  public boolean hasSides() {
    return has(UsageCount.INPUT) || has(UsageCount.OUTPUT);
  }

  /**
   * These counts, and from the other report those that are missing here. The input and its parts
   * are taken from one report alone, with its placement: parts of one would not fit the input of
   * another that means something else by it.
   */
  public ReportedUsage orElse(ReportedUsage other) {
    Map<UsageCount, Long> merged = new EnumMap<>(UsageCount.class);
    merged.putAll(other.counts);
    if (has(UsageCount.INPUT)) {
      INPUT_SIDE.forEach(merged::remove);
    }
    merged.putAll(counts);
    boolean ours = has(UsageCount.INPUT) || !other.has(UsageCount.INPUT);
    return new ReportedUsage(
        merged,
        ours ? cache : other.cache,
        ours ? reasoning : other.reasoning,
        units.isNone() ? other.units : units);
  }
}
