package dev.tokenledger.reporting.query;

import dev.tokenledger.model.rollup.BucketPlan;
import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.Grain;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Where a question is answered: in the smallest cuboid that has its dimensions, from the longest
 * buckets that cover its period; or, where no cuboid has them, in the events themselves.
 *
 * @param cuboid the rollups, empty for the events
 * @param buckets the buckets; their period is wider than the asked one where the cuboid's finest
 *     grain is longer than the edges
 */
record QueryPlan(Optional<Cuboid> cuboid, BucketPlan buckets) {

  static QueryPlan of(Query query) {
    Set<Dimension> needed = EnumSet.noneOf(Dimension.class);
    for (QueryDimension dimension : query.dimensions()) {
      need(needed, dimension);
    }
    query.filters().keySet().forEach(dimension -> need(needed, dimension));
    Optional<Cuboid> cuboid =
        query.tags().size() > 1
            ? Optional.empty()
            : Arrays.stream(Cuboid.values())
                .filter(c -> c.covers(needed))
                .filter(c -> c.isSketched() || !query.needsSketches())
                // It counts an event once for each of its tags.
                .filter(c -> c != Cuboid.TAG || needed.contains(Dimension.TAG_VALUE))
                .findFirst();
    Grain finest = cuboid.map(Cuboid::finestGrain).orElse(Grain.MINUTE);
    Grain coarsest = cuboid.isEmpty() ? finest : query.granularity().coarsestGrain(query.period());
    return new QueryPlan(
        cuboid,
        BucketPlan.cover(
            query.period().start(),
            query.period().end(),
            finest,
            coarsest.compareTo(finest) < 0 ? finest : coarsest));
  }

  /** What the answer was read from, as it is told to the caller. */
  String source() {
    return cuboid.map(c -> c.name().toLowerCase(Locale.ROOT)).orElse("events");
  }

  private static void need(Set<Dimension> needed, QueryDimension dimension) {
    needed.add(dimension.dimension());
    if (dimension.tagKey() != null) {
      needed.add(Dimension.TAG_KEY);
    }
  }

  /** The combinations that are rolled up, for a caller whose question is too large without. */
  static String combinations(Query query) {
    return Arrays.stream(Cuboid.values())
        .filter(c -> c.isSketched() || !query.needsSketches())
        .map(
            c ->
                c.dimensions().stream()
                    .filter(d -> d != Dimension.TAG_KEY)
                    .map(d -> d == Dimension.TAG_VALUE ? "tags.<key>" : d.label())
                    .collect(Collectors.joining("+")))
        .collect(Collectors.joining("; "));
  }
}
