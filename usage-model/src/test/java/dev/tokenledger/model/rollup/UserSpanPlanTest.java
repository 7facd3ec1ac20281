package dev.tokenledger.model.rollup;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class UserSpanPlanTest {
  private static final Instant DAY = Instant.parse("2026-03-02T00:00:00Z");

  @Test
  void coversEveryHourOnceWithWholeBucketsThatAreComplete() {
    Random random = new Random(9);
    for (int i = 0; i < 2_000; i++) {
      Instant start = DAY.plus(Duration.ofHours(random.nextInt(24 * 100)));
      Instant end = start.plus(Duration.ofHours(1 + random.nextInt(24 * 100)));
      Map<UserSpan, Instant> complete = complete(random);
      UserSpan longest = UserSpan.values()[random.nextInt(3)];

      UserSpanPlan plan = UserSpanPlan.cover(start, end, longest, complete);

      List<UserSpanPlan.Period> parts = new ArrayList<>(plan.rest());
      for (UserSpanPlan.Run run : plan.runs()) {
        assertThat(run.span()).isLessThanOrEqualTo(longest);
        assertThat(run.span().floor(run.from())).isEqualTo(run.from());
        assertThat(run.span().floor(run.until())).isEqualTo(run.until());
        assertThat(run.until()).isBeforeOrEqualTo(complete.get(run.span()));
        parts.add(new UserSpanPlan.Period(run.from(), run.until()));
      }
      parts.sort(Comparator.comparing(UserSpanPlan.Period::from));
      Instant at = start;
      for (UserSpanPlan.Period part : parts) {
        assertThat(part.from()).isEqualTo(at).isBefore(part.until());
        at = part.until();
      }
      assertThat(at).isEqualTo(end);
    }
  }

  @Test
  void takesTheLongestBucketsThereAre() {
    Instant first = UserSpan.EIGHT_DAYS.ceil(DAY);
    Map<UserSpan, Instant> complete = new EnumMap<>(UserSpan.class);
    for (UserSpan span : UserSpan.values()) {
      complete.put(span, first.plus(Duration.ofDays(16)));
    }

    UserSpanPlan plan =
        UserSpanPlan.cover(
            first.minus(Duration.ofHours(29)),
            first.plus(Duration.ofDays(17)),
            UserSpan.EIGHT_DAYS,
            complete);

    assertThat(plan.runs())
        .containsExactly(
            run(UserSpan.FOUR_HOURS, first, -28, -24),
            run(UserSpan.DAY, first, -24, 0),
            run(UserSpan.EIGHT_DAYS, first, 0, 16 * 24));
    assertThat(plan.rest())
        .containsExactly(
            new UserSpanPlan.Period(
                first.minus(Duration.ofHours(29)), first.minus(Duration.ofHours(28))),
            new UserSpanPlan.Period(
                first.plus(Duration.ofDays(16)), first.plus(Duration.ofDays(17))));
  }

  @Test
  void leavesEverythingWhereNothingIsAddedUp() {
    Instant end = DAY.plus(Duration.ofDays(90));

    UserSpanPlan plan = UserSpanPlan.cover(DAY, end, UserSpan.EIGHT_DAYS, Map.of());

    assertThat(plan.runs()).isEmpty();
    assertThat(plan.rest()).containsExactly(new UserSpanPlan.Period(DAY, end));
  }

  private static UserSpanPlan.Run run(UserSpan span, Instant at, int fromHour, int untilHour) {
    return new UserSpanPlan.Run(
        span, at.plus(Duration.ofHours(fromHour)), at.plus(Duration.ofHours(untilHour)));
  }

  /** As far as may be: a length never comes further than the one before it. */
  private static Map<UserSpan, Instant> complete(Random random) {
    Map<UserSpan, Instant> complete = new EnumMap<>(UserSpan.class);
    Instant until = DAY.plus(Duration.ofHours(random.nextInt(24 * 200)));
    for (UserSpan span : UserSpan.values()) {
      if (random.nextInt(10) == 0) {
        break;
      }
      until = span.floor(until.minus(Duration.ofHours(random.nextInt(50))));
      complete.put(span, until);
    }
    return complete;
  }
}
