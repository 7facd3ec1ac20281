package dev.tokenledger.ingest.usage;

import java.util.EnumMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Collects counts by name from any source of values. One number under several names is one number;
 * where the names disagree the largest is taken, since reporters leave zero in those they do not
 * fill.
 */
public final class CountReader {
  private final Function<String, @Nullable Object> values;
  private final Map<UsageCount, Long> counts = new EnumMap<>(UsageCount.class);

  /**
   * @param values the value under a name, or null where there is none
   */
  public CountReader(Function<String, @Nullable Object> values) {
    this.values = values;
  }

  /** Reads the measure from all of its names. */
  public CountReader read(UsageCount measure, String... names) throws BadUsageException {
    long count = largest(names);
    if (count >= 0) {
      counts.merge(measure, count, Math::max);
    }
    return this;
  }

  /** Adds a count to a measure that it is a part of but was reported beside. */
  CountReader add(UsageCount measure, String... names) throws BadUsageException {
    long count = largest(names);
    if (count > 0) {
      counts.merge(measure, count, Long::sum);
    }
    return this;
  }

  /** The largest count under these names, {@link TokenCount#ABSENT} when there is none. */
  public long largest(String... names) throws BadUsageException {
    long largest = TokenCount.ABSENT;
    for (String name : names) {
      largest = Math.max(largest, TokenCount.parse(name, values.apply(name)));
    }
    return largest;
  }

  boolean hasAny(String... names) {
    for (String name : names) {
      if (values.apply(name) != null) {
        return true;
      }
    }
    return false;
  }

  public Map<UsageCount, Long> counts() {
    return counts;
  }
}
