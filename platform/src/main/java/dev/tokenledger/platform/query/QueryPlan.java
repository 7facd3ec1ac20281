package dev.tokenledger.platform.query;

import dev.tokenledger.model.rollup.BucketPlan;
import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.Grain;
import java.time.Instant;
import java.util.ArrayList;
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
 * sums, so hours of a small one go with minutes of a larger one at the edges. What no cuboid keeps
 * in buckets short enough is read from the events: all of it where none has the dimensions, the
 * edges where their minutes were dropped or, of an exact question, never kept.
 *
 * @param cuboids those that have the dimensions, the smallest first; empty for the events
 * @param buckets the buckets that are read; their period is wider than the asked one where the
 *     finest grain kept is longer than the edges
 * @param events what is read from the events, in order of time, beside the buckets
 */
record QueryPlan(List<Cuboid> cuboids, BucketPlan buckets, List<Span> events) {
  QueryPlan {
    cuboids = List.copyOf(cuboids);
    events = List.copyOf(events);
  }

  /** A stretch of time; its end is exclusive. */
  record Span(Instant from, Instant until) {}

  /**
   * @param minutesFrom since when there are buckets of a minute
   */
  static QueryPlan of(Query query, Instant minutesFrom) {
    return of(query, minutesFrom, Grain.MINUTE);
  }

  /**
   * The plan that covers the period with whole hours rather than read events at its edges; where
   * the buckets of the answer are shorter than that, it reads events all the same.
   */
  QueryPlan inWholeHours(Query query, Instant minutesFrom) {
    return of(query, minutesFrom, Grain.HOUR);
  }

  private static QueryPlan of(Query query, Instant minutesFrom, Grain edges) {
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
      BucketPlan all = cover(query, Grain.MINUTE, Grain.MINUTE);
      return new QueryPlan(
          List.of(),
          new BucketPlan(all.start(), all.end(), List.of()),
          List.of(new Span(all.start(), all.end())));
    }
    Grain kept = finest.compareTo(edges) < 0 && edges.compareTo(coarsest) <= 0 ? edges : finest;
    return split(
        cuboids, cover(query, query.exact() ? Grain.MINUTE : kept, coarsest), finest, minutesFrom);
  }

  /** Leaves to the events what is in no bucket that is kept. */
  private static QueryPlan split(
      List<Cuboid> cuboids, BucketPlan buckets, Grain finest, Instant minutesFrom) {
    List<BucketPlan.Run> runs = new ArrayList<>();
    List<Span> events = new ArrayList<>();
    for (BucketPlan.Run run : buckets.runs()) {
      boolean missing = run.grain().compareTo(finest) < 0;
      boolean dropped = run.grain() == Grain.MINUTE && run.from().isBefore(minutesFrom);
      if (!missing && !dropped) {
        runs.add(run);
        continue;
      }
      Instant until = missing || run.until().isBefore(minutesFrom) ? run.until() : minutesFrom;
      add(events, run.from(), until);
      if (until.isBefore(run.until())) {
        runs.add(new BucketPlan.Run(run.grain(), until, run.until()));
      }
    }
    return new QueryPlan(cuboids, new BucketPlan(buckets.start(), buckets.end(), runs), events);
  }

  private static void add(List<Span> spans, Instant from, Instant until) {
    int last = spans.size() - 1;
    if (last >= 0 && spans.get(last).until().equals(from)) {
      spans.set(last, new Span(spans.get(last).from(), until));
    } else {
      spans.add(new Span(from, until));
    }
  }

  private static BucketPlan cover(Query query, Grain finest, Grain coarsest) {
    return BucketPlan.cover(query.period().start(), query.period().end(), finest, coarsest);
  }

  /** Whether nothing of the answer is read from buckets. */
  boolean isFromEvents() {
    return buckets.runs().isEmpty();
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
