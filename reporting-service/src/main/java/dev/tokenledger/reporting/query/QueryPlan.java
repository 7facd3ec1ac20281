package dev.tokenledger.reporting.query;

import dev.tokenledger.model.rollup.BucketPlan;
import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.Grain;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which rollups answer a question: the smallest cuboid that has its dimensions, and the longest
 * buckets that cover its period.
 *
 * @param buckets the buckets; their period is wider than the asked one where the cuboid's finest
 *     grain is longer than the edges
 */
record QueryPlan(Cuboid cuboid, BucketPlan buckets) {

  static QueryPlan of(Query query) {
    Set<Dimension> needed = EnumSet.noneOf(Dimension.class);
    for (QueryDimension dimension : query.dimensions()) {
      need(needed, dimension);
    }
    query.filters().keySet().forEach(dimension -> need(needed, dimension));
    Cuboid cuboid =
        Arrays.stream(Cuboid.values())
            .filter(c -> c.covers(needed))
            .filter(c -> c.isSketched() || !query.needsSketches())
            .filter(c -> c != Cuboid.TAG || needed.contains(Dimension.TAG_VALUE))
            .findFirst()
            .orElseThrow(() -> uncovered(query));
    if (cuboid == Cuboid.TAG && tagKeys(query) > 1) {
      throw Query.invalid("dimensions", "A query can use one tag.");
    }
    Grain coarsest = query.granularity().coarsestGrain(query.period());
    Grain finest = cuboid.finestGrain();
    return new QueryPlan(
        cuboid,
        BucketPlan.cover(
            query.period().start(),
            query.period().end(),
            finest,
            coarsest.compareTo(finest) < 0 ? finest : coarsest));
  }

  private static void need(Set<Dimension> needed, QueryDimension dimension) {
    needed.add(dimension.dimension());
    if (dimension.tagKey() != null) {
      needed.add(Dimension.TAG_KEY);
    }
  }

  private static long tagKeys(Query query) {
    return java.util.stream.Stream.concat(
            query.dimensions().stream(), query.filters().keySet().stream())
        .filter(d -> d.tagKey() != null)
        .distinct()
        .count();
  }

  private static RuntimeException uncovered(Query query) {
    String combinations =
        Arrays.stream(Cuboid.values())
            .filter(c -> c.isSketched() || !query.needsSketches())
            .map(
                c ->
                    c.dimensions().stream()
                        .filter(d -> d != Dimension.TAG_KEY)
                        .map(d -> d == Dimension.TAG_VALUE ? "tags.<key>" : label(d))
                        .collect(Collectors.joining("+")))
            .collect(Collectors.joining("; "));
    return Query.invalid(
        "dimensions",
        "These dimensions and filters"
            + (query.needsSketches() ? ", with percentiles or distinct counts," : "")
            + " are not kept together. A query can combine those within one of: "
            + combinations
            + ".");
  }

  private static String label(Dimension dimension) {
    return dimension.label().toLowerCase(Locale.ROOT);
  }
}
