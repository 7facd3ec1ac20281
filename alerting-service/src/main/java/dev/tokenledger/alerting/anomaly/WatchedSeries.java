package dev.tokenledger.alerting.anomaly;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Whose usage is watched.
 *
 * @param dimension a name of the query API; empty for all of the tenant's usage
 * @param value of the dimension; empty for all of the tenant's usage
 */
record WatchedSeries(String dimension, String value) {
  static final WatchedSeries TENANT = new WatchedSeries("", "");

  /** Longer values are told apart by a digest. */
  private static final int MAX_IN_KEY = 400;

  boolean isTenant() {
    return dimension.isEmpty();
  }

  /** As filters of the query API. */
  Map<String, List<String>> filters() {
    return isTenant() ? Map.of() : Map.of(dimension, List.of(value));
  }

  /** The key of an anomaly that began with a measure in an hour. */
  String key(WatchedMeasure measure, Instant bucket) {
    String about = isTenant() ? "all" : dimension + ':' + shortened();
    return AnomalyNotification.SOURCE + ':' + measure.label() + ':' + about + ':' + bucket;
  }

  private String shortened() {
    return value.length() <= MAX_IN_KEY
        ? value
        : value.substring(0, MAX_IN_KEY)
            + '#'
            + UUID.nameUUIDFromBytes(value.getBytes(StandardCharsets.UTF_8));
  }
}
