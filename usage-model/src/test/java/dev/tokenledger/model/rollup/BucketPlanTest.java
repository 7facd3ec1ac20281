package dev.tokenledger.model.rollup;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BucketPlanTest {
  @Test
  void daysAreInTheMiddleHoursAndMinutesAtTheEdges() {
    BucketPlan plan =
        BucketPlan.cover(
            Instant.parse("2026-11-18T22:58:00Z"),
            Instant.parse("2026-11-20T01:02:00Z"),
            Grain.MINUTE,
            Grain.DAY);
    assertThat(plan.runs())
        .containsExactly(
            run(Grain.MINUTE, "2026-11-18T22:58:00Z", "2026-11-18T23:00:00Z"),
            run(Grain.HOUR, "2026-11-18T23:00:00Z", "2026-11-19T00:00:00Z"),
            run(Grain.DAY, "2026-11-19T00:00:00Z", "2026-11-20T00:00:00Z"),
            run(Grain.HOUR, "2026-11-20T00:00:00Z", "2026-11-20T01:00:00Z"),
            run(Grain.MINUTE, "2026-11-20T01:00:00Z", "2026-11-20T01:02:00Z"));
  }

  @Test
  void aPeriodIsWidenedWhereTheFinestBucketIsLonger() {
    BucketPlan plan =
        BucketPlan.cover(
            Instant.parse("2026-11-20T10:15:00Z"),
            Instant.parse("2026-11-20T12:30:00Z"),
            Grain.HOUR,
            Grain.DAY);
    assertThat(plan.start()).isEqualTo("2026-11-20T10:00:00Z");
    assertThat(plan.end()).isEqualTo("2026-11-20T13:00:00Z");
  }

  @Test
  void whateverIsAskedIsCoveredOnceInWholeBuckets() {
    Random random = new Random(3);
    for (int i = 0; i < 5_000; i++) {
      Instant start = Instant.ofEpochSecond(1_790_000_000L + random.nextInt(10_000_000));
      Instant end = start.plusSeconds(1 + random.nextInt(20_000_000));
      Grain finest = Grain.values()[random.nextInt(3)];
      Grain coarsest = Grain.values()[finest.ordinal() + random.nextInt(3 - finest.ordinal())];
      BucketPlan plan = BucketPlan.cover(start, end, finest, coarsest);
      assertThat(plan.start()).isBeforeOrEqualTo(start).isAfter(start.minus(finest.length()));
      assertThat(plan.end()).isAfterOrEqualTo(end).isBefore(end.plus(finest.length()));
      Instant at = plan.start();
      for (BucketPlan.Run run : plan.runs()) {
        assertThat(run.from()).isEqualTo(at).isEqualTo(run.grain().floor(at));
        assertThat(run.grain()).isBetween(finest, coarsest);
        assertThat(Duration.between(run.from(), run.until()).toSeconds())
            .isPositive()
            .matches(seconds -> seconds % run.grain().length().toSeconds() == 0);
        at = run.until();
      }
      assertThat(at).isEqualTo(plan.end());
    }
  }

  private static BucketPlan.Run run(Grain grain, String from, String until) {
    return new BucketPlan.Run(grain, Instant.parse(from), Instant.parse(until));
  }
}
