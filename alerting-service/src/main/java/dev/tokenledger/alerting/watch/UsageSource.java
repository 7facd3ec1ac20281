package dev.tokenledger.alerting.watch;

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
  List<Subject> largest(int tenantId, Instant end);

  /**
   * Usage by hours, those without any left out.
   *
   * @param subjects of one dimension
   */
  Map<Subject, SortedMap<Instant, Amounts>> hours(
      int tenantId, Collection<Subject> subjects, Instant start, Instant end);
}
