package dev.tokenledger.alerting.explanation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class OnsetTest {
  private static final Instant START = Instant.parse("2026-11-20T12:00:00Z");

  @Test
  void aRiseBeginsWhereItBegins() {
    assertThat(Onset.of(series(60, 40, 60, 4.0), true))
        .contains(new Onset(START.plusSeconds(40 * 60), false));
  }

  @Test
  void aFallBeginsWhereItBegins() {
    assertThat(Onset.of(series(60, 25, 60, 0.1), false))
        .contains(new Onset(START.plusSeconds(25 * 60), false));
  }

  @Test
  void aRiseThatIsOverStillHasItsBeginning() {
    assertThat(Onset.of(series(60, 20, 30, 6.0), true))
        .contains(new Onset(START.plusSeconds(20 * 60), false));
  }

  @Test
  void whatDepartsFromTheFirstBucketOnMayHaveBegunEarlier() {
    assertThat(Onset.of(series(60, 0, 60, 3.0), true)).contains(new Onset(START, true));
  }

  @Test
  void aRiseDoesNotBeginWhileThereIsNothing() {
    List<Onset.Bucket> late =
        IntStream.range(0, 30)
            .mapToObj(i -> new Onset.Bucket(START.plusSeconds(60L * i), i == 20 ? 400 : 0, 0))
            .toList();
    assertThat(Onset.of(late, true)).contains(new Onset(START.plusSeconds(20 * 60), false));
  }

  @Test
  void whatDoesNotDepartHasNoBeginning() {
    List<Onset.Bucket> asUsual =
        IntStream.range(0, 30)
            .mapToObj(i -> new Onset.Bucket(START.plusSeconds(60L * i), 100, 100))
            .toList();
    assertThat(Onset.of(asUsual, true)).isEmpty();
    assertThat(Onset.of(List.of(), true)).isEmpty();
  }

  /** Noise of a fifth, a threefold rise from minute 40 on. */
  private static List<Onset.Bucket> series(int buckets, int from, int until, double factor) {
    Random random = new Random(11);
    return IntStream.range(0, buckets)
        .mapToObj(
            i ->
                new Onset.Bucket(
                    START.plusSeconds(60L * i),
                    (long)
                        (1_000
                            * Math.exp(0.05 * random.nextGaussian())
                            * (i >= from && i < until ? factor : 1)),
                    1_000))
        .toList();
  }
}
