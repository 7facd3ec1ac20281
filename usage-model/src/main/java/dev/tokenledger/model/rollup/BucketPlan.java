package dev.tokenledger.model.rollup;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Covers a period with the fewest buckets: days in the middle, hours at the edges, minutes at the
 * edges of those. Where the finest bucket allowed is longer than the edge, the period is widened
 * outward to whole buckets.
 *
 * @param start start of what is covered, at or before what was asked
 * @param end end of what is covered, at or after what was asked
 * @param runs consecutive runs of buckets of one grain each, in order of time, without gap or
 *     overlap
 */
public record BucketPlan(Instant start, Instant end, List<Run> runs) {
  public BucketPlan {
    runs = List.copyOf(runs);
  }

  /** Buckets of one grain from the first's start to the last's end. */
  public record Run(Grain grain, Instant from, Instant until) {}

  /**
   * @param finest the shortest buckets there are
   * @param coarsest the longest buckets that may be used
   */
  public static BucketPlan cover(Instant start, Instant end, Grain finest, Grain coarsest) {
    if (!start.isBefore(end)) {
      throw new IllegalArgumentException("period from " + start + " to " + end + " is empty");
    }
    Instant from = finest.floor(start);
    Instant until = ceil(finest, end);
    List<Run> runs = new ArrayList<>();
    cover(from, until, max(finest, coarsest), finest, runs);
    return new BucketPlan(from, until, runs);
  }

  private static void cover(
      Instant from, Instant until, Grain grain, Grain finest, List<Run> runs) {
    if (!from.isBefore(until)) {
      return;
    }
    Instant first = ceil(grain, from);
    Instant last = grain.floor(until);
    if (grain == finest) {
      runs.add(new Run(grain, from, until));
    } else if (first.isBefore(last)) {
      Grain finer = Grain.values()[grain.ordinal() - 1];
      cover(from, first, finer, finest, runs);
      runs.add(new Run(grain, first, last));
      cover(last, until, finer, finest, runs);
    } else {
      cover(from, until, Grain.values()[grain.ordinal() - 1], finest, runs);
    }
  }

  private static Instant ceil(Grain grain, Instant time) {
    Instant floor = grain.floor(time);
    return floor.equals(time) ? time : floor.plus(grain.length());
  }

  private static Grain max(Grain a, Grain b) {
    return a.compareTo(b) >= 0 ? a : b;
  }
}
