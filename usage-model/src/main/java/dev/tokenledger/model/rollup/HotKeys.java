package dev.tokenledger.model.rollup;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * The hot rollups in Redis, as the aggregation service writes and others read them: for each tenant
 * and bucket a hash from series id to a version and the measures, comma-separated decimal integers.
 */
public final class HotKeys {
  /**
   * Exists while Redis holds all current buckets. Without it a reader asks Postgres instead, since
   * what it finds may be incomplete.
   */
  public static final String COMPLETE = "tl:hot:complete";

  /** The grains that are kept, of the cuboid {@link Cuboid#CORE}. */
  public static final List<Grain> GRAINS = List.of(Grain.HOUR, Grain.DAY);

  private HotKeys() {}

  /** The key of a bucket's hash. */
  public static String bucket(int tenantId, Grain grain, Instant start) {
    return "tl:hot:{" + tenantId + "}:" + grain.label() + ":" + start.getEpochSecond();
  }

  /** How long after its start a bucket counts as current: two days of hours, five weeks of days. */
  public static Duration retention(Grain grain) {
    return grain == Grain.DAY ? Duration.ofDays(35) : Duration.ofDays(2);
  }

  /** A field's value. */
  public static String value(long version, long[] measures) {
    StringBuilder text = new StringBuilder(16 + measures.length * 3).append(version);
    for (long measure : measures) {
      text.append(',').append(measure);
    }
    return text.toString();
  }

  /**
   * The measures of a field's value.
   *
   * @throws NumberFormatException if the value is not one that {@link #value} made
   */
  public static MeasureVector measures(String value) {
    String[] parts = value.split(",", -1);
    long[] measures = new long[parts.length - 1];
    for (int i = 0; i < measures.length; i++) {
      measures[i] = Long.parseLong(parts[i + 1]);
    }
    return MeasureVector.of(measures);
  }
}
