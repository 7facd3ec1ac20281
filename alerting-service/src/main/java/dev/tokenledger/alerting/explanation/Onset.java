package dev.tokenledger.alerting.explanation;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Since when something departs from its usual.
 *
 * @param at start of the first bucket that does
 * @param orEarlier whether that is the first bucket that was looked at
 */
record Onset(Instant at, boolean orEarlier) {

  /** What a bucket amounted to, and usually does. */
  record Bucket(Instant start, long observed, long expected) {}

  /**
   * The start of the run of buckets that is the most surprising one: like slices, a run that is
   * widened by what has not moved is less surprising.
   *
   * @param buckets in order of time
   * @param rising the direction that is looked for
   * @return empty where no run departs in that direction
   */
  static Optional<Onset> of(List<Bucket> buckets, boolean rising) {
    int best = -1;
    double most = 0;
    for (int from = 0; from < buckets.size(); from++) {
      long observed = 0;
      long expected = 0;
      for (int to = from; to < buckets.size(); to++) {
        observed += buckets.get(to).observed();
        expected += buckets.get(to).expected();
        double surprise = Attribution.surprise(observed, expected);
        // Of runs that are equally surprising the later: before it there was nothing at all.
        if (surprise > 0 && observed > expected == rising && surprise >= most) {
          best = from;
          most = surprise;
        }
      }
    }
    return best < 0
        ? Optional.empty()
        : Optional.of(new Onset(buckets.get(best).start(), best == 0));
  }
}
