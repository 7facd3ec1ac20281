package dev.tokenledger.alerting.anomaly;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/** The ledger, as far as the watch needs it. */
interface UsageSource {
  List<Integer> tenants();

  /** Through when the ledger has everything; empty before anything was accepted. */
  Optional<Instant> dataThrough(int tenantId);

  /**
   * Who had enough usage in the week before an hour to be watched: the tenant as a whole, and the
   * most expensive values of each dimension.
   */
  List<WatchedSeries> largest(int tenantId, Instant end);

  /**
   * Usage by hours, those without any left out.
   *
   * @param subjects of one dimension
   */
  Map<WatchedSeries, SortedMap<Instant, Amounts>> hours(
      int tenantId, Collection<WatchedSeries> subjects, Instant start, Instant end);
}
