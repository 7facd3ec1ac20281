package dev.tokenledger.bench.nab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Instant;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The expected figures are computed from the sigmoid of the benchmark's paper. */
class NabScorerTest {
  private static final NabProfile STANDARD = new NabProfile("standard", 1, 0.11, 1);

  /** A thousand rows, 150 of them of probation, with a window from 500 to 599. */
  private static final NabSeries SERIES =
      new NabSeries(
          "group",
          "name",
          IntStream.range(0, 1_000).mapToObj(Instant::ofEpochSecond).toList(),
          new double[1_000],
          List.of(new NabSeries.Window(500, 599)));

  private static NabScorer.Outcome outcome(int... detections) {
    double[] scores = new double[1_000];
    for (int each : detections) {
      scores[each] = 1;
    }
    return NabScorer.at(STANDARD, List.of(SERIES), List.of(scores), 1);
  }

  @Test
  void noDetectionIsZeroAndTheFirstRowOfEachWindowAHundred() {
    assertThat(outcome().score()).isZero();
    assertThat(outcome(500).score()).isCloseTo(100, within(1e-9));
  }

  @ParameterizedTest
  @CsvSource({
    // row of the detection, raw score
    "149, -1", // probation
    "150, -1.11", // before any window
    "499, -1.11",
    "550, 0.8598189", // (2 / (1 + e^-2.5) - 1) / (2 / (1 + e^-5) - 1)
    "599, 0.0253227", // the last row: position -0.01
    "600, -1.0027772", // just after: position 1 / 99
    "999, -1.11" // long after
  })
  void aDetectionCountsByWhereItIs(int row, double raw) {
    assertThat(outcome(row).raw()).isCloseTo(raw, within(1e-4));
  }

  @Test
  void onlyTheEarliestDetectionOfAWindowCounts() {
    assertThat(outcome(500, 550, 599).raw()).isEqualTo(outcome(500).raw());
  }

  @Test
  void theBestThresholdIsOfAllSeriesTogether() {
    double[] found = new double[1_000];
    found[500] = 0.7;
    double[] noise = new double[1_000];
    noise[300] = 0.6;
    noise[301] = 0.8;
    NabScorer.Outcome best =
        NabScorer.best(STANDARD, List.of(SERIES, SERIES), List.of(found, noise));
    assertThat(best.threshold()).isEqualTo(0.7);
    assertThat(best.raw()).isCloseTo(1 - 1 - 0.11, within(1e-9));
    assertThat(best.detected()).isEqualTo(1);
    assertThat(best.falsePositives()).isEqualTo(1);
  }

  @Test
  void probationEndsAfterSevenHundredAndFiftyRowsAtMost() {
    List<Instant> times = IntStream.range(0, 9_000).mapToObj(Instant::ofEpochSecond).toList();
    assertThat(new NabSeries("g", "n", times, new double[9_000], List.of()).probation())
        .isEqualTo(750);
    assertThat(SERIES.probation()).isEqualTo(150);
  }
}
