package dev.tokenledger.model.sketch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SketchSetTest {
  private static final double PROMISE = 0.01;

  @Test
  void percentilesAreWithinOnePercentWhateverIsMerged() {
    Random random = new Random(7);
    long[] values = new long[20_000];
    SketchSet[] parts = new SketchSet[50];
    Arrays.setAll(parts, i -> new SketchSet());
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.round(Math.exp(8 + 3 * random.nextGaussian()));
      parts[random.nextInt(parts.length)].latency().add(values[i], 1);
    }
    SketchSet merged = new SketchSet();
    for (SketchSet part : parts) {
      merged.addBytes(part.toBytes());
    }
    Arrays.sort(values);
    assertThat(merged.latency().count()).isEqualTo(values.length);
    for (double q : new double[] {0, 0.01, 0.5, 0.95, 0.99, 1}) {
      long exact = values[Math.max(1, (int) Math.ceil(q * values.length)) - 1];
      assertThat(merged.latency().quantile(q))
          .as("quantile %s", q)
          .isCloseTo(exact, within(exact * PROMISE));
    }
  }

  @Test
  void aPercentileOfFewValuesIsOneThatEnoughOfThemDoNotExceed() {
    QuantileSketch sketch = new QuantileSketch();
    sketch.add(12_000, 1);
    sketch.add(1_850_000, 1);
    assertThat(sketch.quantile(0.5)).isCloseTo(12_000, within(120.0));
    assertThat(sketch.quantile(0.95)).isCloseTo(1_850_000, within(18_500.0));
  }

  @Test
  void takingAValueOutLeavesWhatWasThereBefore() {
    SketchSet sketches = new SketchSet();
    sketches.latency().add(1_000, 1);
    sketches.latency().add(9_000_000, 1);
    sketches.latency().add(9_000_000, -1);
    SketchSet read = new SketchSet();
    read.addBytes(sketches.toBytes());
    assertThat(read.latency().count()).isEqualTo(1);
    assertThat(read.latency().quantile(1)).isCloseTo(1_000, within(10.0));
  }

  @Test
  void aRemovalThatIsMergedBeforeItsAdditionCancelsIt() {
    SketchSet removal = new SketchSet();
    removal.latency().add(500, -1);
    SketchSet addition = new SketchSet();
    addition.latency().add(500, 1);
    addition.latency().add(70_000, 1);
    removal.add(addition);
    assertThat(removal.latency().count()).isEqualTo(1);
    assertThat(removal.latency().quantile(0)).isCloseTo(70_000, within(700.0));
  }

  @Test
  void zeroAndTheLongestDurationHaveTheirBins() {
    QuantileSketch sketch = new QuantileSketch();
    sketch.add(0, 1);
    sketch.add(Long.MAX_VALUE, 1);
    assertThat(sketch.quantile(0)).isZero();
    assertThat(sketch.quantile(1)).isGreaterThan(1e12);
  }

  @Test
  void fewDistinctValuesAreCountedExactlyAndManyCloseToIt() {
    Random random = new Random(11);
    DistinctSketch few = new DistinctSketch();
    for (int i = 0; i < 100; i++) {
      long hash = random.nextLong();
      few.add(hash);
      few.add(hash);
    }
    assertThat(few.estimate()).isEqualTo(100);

    DistinctSketch a = new DistinctSketch();
    DistinctSketch b = new DistinctSketch();
    for (int i = 0; i < 30_000; i++) {
      long hash = random.nextLong();
      a.add(hash);
      if (i % 2 == 0) {
        b.add(hash);
      }
    }
    a.add(b);
    assertThat((double) a.estimate()).isCloseTo(30_000, within(30_000 * 0.08));
  }
}
