package dev.tokenledger.platform.query;

import dev.tokenledger.model.rollup.BucketPlan;
import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.Grain;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where a question is answered: from the longest buckets that cover its period, each run of them in
 * the smallest cuboid that has the dimensions and buckets of that length. All cuboids have the same
 * sums, so hours of a small one go with minutes of a larger one at the edges. Where no cuboid has
 * the dimensions in buckets short enough for those of the answer, it is answered from the events.
 *
 * @param cuboids those that have the dimensions, the smallest first; empty for the events
 * @param buckets the buckets; their period is wider than the asked one where the finest grain kept
 *     is longer than the edges
 */
record QueryPlan(List<Cuboid> cuboids, BucketPlan buckets) {

  static QueryPlan of(Query query) {
    Set<Dimension> needed = EnumSet.noneOf(Dimension.class);
    for (QueryDimension dimension : query.dimensions()) {
      need(needed, dimension);
    }
    query.filters().keySet().forEach(dimension -> need(needed, dimension));
    List<Cuboid> cuboids =
        query.tags().size() > 1
            ? List.of()
            : Arrays.stream(Cuboid.values())
                .filter(c -> c.covers(needed))
                .filter(c -> c.isSketched() || !query.needsSketches())
                // It counts an event once for each of its tags.
                .filter(c -> c != Cuboid.TAG || needed.contains(Dimension.TAG_VALUE))
                .toList();
    Grain coarsest = query.granularity().coarsestGrain(query.period());
    Grain finest =
        cuboids.stream()
            .map(Cuboid::finestGrain)
            .min(Comparator.naturalOrder())
            .orElse(Grain.MINUTE);
    // A bucket that lies in two buckets of the answer could not be told apart.
    if (cuboids.isEmpty() || finest.compareTo(coarsest) > 0) {
      return new QueryPlan(List.of(), cover(query, Grain.MINUTE, Grain.MINUTE));
    }
    return new QueryPlan(cuboids, cover(query, finest, coarsest));
  }

  private static BucketPlan cover(Query query, Grain finest, Grain coarsest) {
    return BucketPlan.cover(query.period().start(), query.period().end(), finest, coarsest);
  }

  boolean isFromEvents() {
    return cuboids.isEmpty();
  }

  /**
   * Whether the sums of users without their models answer the query: it names users, and nothing
   * that these lack.
   */
  boolean isOfUsers(Query query) {
    return !isFromEvents()
        && cuboids.get(0) == Cuboid.BY_USER
        && !query.needsSketches()
        && Stream.concat(query.dimensions().stream(), query.filters().keySet().stream())
            .allMatch(dimension -> UserSumsReader.DIMENSIONS.contains(dimension.dimension()));
  }

  /** The cuboid for buckets of a length that occurs in the plan. */
  Cuboid cuboid(Grain grain) {
    return cuboids.stream()
        .filter(c -> c.finestGrain().compareTo(grain) <= 0)
        .findFirst()
        .orElseThrow();
  }

  /** What the answer was read from, as it is told to the caller. */
  String source() {
    return isFromEvents()
        ? "events"
        : buckets.runs().stream()
            .map(BucketPlan.Run::grain)
            .max(Comparator.naturalOrder())
            .map(grain -> cuboid(grain).name().toLowerCase(Locale.ROOT))
            .orElseThrow();
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
