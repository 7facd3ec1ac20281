package dev.tokenledger.model.rollup;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Covers a period with the fewest buckets of {@code ledger.user_sums}, each used only where it has
 * been added up. What is left is the cuboid of users' to cover.
 *
 * @param runs of buckets, in order of time, without overlap
 * @param rest the periods between and around them, in order of time
 */
public record UserSpanPlan(List<Run> runs, List<Period> rest) {
  public UserSpanPlan {
    runs = List.copyOf(runs);
    rest = List.copyOf(rest);
  }

  /** Buckets of one length from the first's start to the last's end. */
  public record Run(UserSpan span, Instant from, Instant until) {}

  public record Period(Instant from, Instant until) {}

  /**
   * @param start start of an hour
   * @param end start of an hour
   * @param longest the longest buckets that may be used
   * @param complete the end of what has been added up, by length; where one is missing, nothing has
   */
  public static UserSpanPlan cover(
      Instant start, Instant end, UserSpan longest, Map<UserSpan, Instant> complete) {
    List<Run> runs = new ArrayList<>();
    List<Period> rest = new ArrayList<>();
    cover(start, end, longest.ordinal(), complete, runs, rest);
    runs.sort(Comparator.comparing(Run::from));
    rest.sort(Comparator.comparing(Period::from));
    return new UserSpanPlan(runs, rest);
  }

  private static void cover(
      Instant from,
      Instant until,
      int length,
      Map<UserSpan, Instant> complete,
      List<Run> runs,
      List<Period> rest) {
    if (!from.isBefore(until)) {
      return;
    }
    if (length < 0) {
      rest.add(new Period(from, until));
      return;
    }
    UserSpan span = UserSpan.values()[length];
    Instant known = complete.getOrDefault(span, Instant.MIN);
    Instant first = span.ceil(from);
    Instant last = known.isBefore(until) ? known : span.floor(until);
    if (first.isBefore(last)) {
      cover(from, first, length - 1, complete, runs, rest);
      runs.add(new Run(span, first, last));
      cover(last, until, length - 1, complete, runs, rest);
    } else {
      cover(from, until, length - 1, complete, runs, rest);
    }
  }
}
