package dev.tokenledger.bench.nab;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The benchmark's rules, as its {@code sweeper.py} and {@code optimizer.py} have them (version
 * 1.1): the earliest detection in a window counts by its position, one outside of windows costs by
 * its distance from the window before it, and of all thresholds the one that is best for the whole
 * corpus counts, one for each profile.
 */
final class NabScorer {
  /** A threshold that no score reaches, since scores are at most 1. */
  private static final double NOTHING = 1.1;

  private static final double BEST_POSITION = scaledSigmoid(-1);

  private NabScorer() {}

  /**
   * What a detector reached.
   *
   * @param threshold the least score that counts as a detection
   * @param score 0 for no detection at all, 100 for each window detected at once and nothing else
   * @param detected windows with a detection
   * @param windows in all
   * @param falsePositives rows outside of windows that count as detections
   */
  record Outcome(
      double threshold, double score, double raw, int detected, int windows, int falsePositives) {}

  /** A row that counts: what a detection there is worth. Outside of windows, window is -1. */
  private record Row(double score, double worth, int window) {}

  /**
   * The outcome at the threshold that is best for all of the series.
   *
   * @param scores of each series, one for each row, in [0, 1]
   */
  static Outcome best(NabProfile profile, List<NabSeries> series, List<double[]> scores) {
    List<Row> rows = rows(profile, series, scores);
    rows.sort(Comparator.comparingDouble(Row::score).reversed());
    int windows = series.stream().mapToInt(each -> each.windows().size()).sum();
    double[] won = new double[windows];
    Arrays.fill(won, -profile.falseNegative());
    double threshold = NOTHING;
    double lost = 0;
    int detections = 0;
    int detected = 0;
    double kept = 0;
    Outcome best = outcome(profile, windows, threshold, Arrays.stream(won).sum(), 0, 0);
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      threshold = row.score();
      if (row.window() < 0) {
        lost += row.worth();
        detections++;
      } else {
        detected += won[row.window()] == -profile.falseNegative() ? 1 : 0;
        won[row.window()] = Math.max(won[row.window()], row.worth());
      }
      if (i + 1 == rows.size() || rows.get(i + 1).score() != threshold) {
        kept = 0;
        for (double each : won) {
          kept += each;
        }
        if (kept + lost > best.raw()) {
          best = outcome(profile, windows, threshold, kept + lost, detected, detections);
        }
      }
    }
    return best;
  }

  /** The outcome at a given threshold. */
  static Outcome at(
      NabProfile profile, List<NabSeries> series, List<double[]> scores, double threshold) {
    List<double[]> detections = new ArrayList<>();
    for (double[] each : scores) {
      detections.add(Arrays.stream(each).map(score -> score >= threshold ? 1 : 0).toArray());
    }
    int windows = series.stream().mapToInt(each -> each.windows().size()).sum();
    double[] won = new double[windows];
    Arrays.fill(won, -profile.falseNegative());
    double lost = 0;
    int falsePositives = 0;
    for (Row row : rows(profile, series, detections)) {
      if (row.score() == 1 && row.window() < 0) {
        lost += row.worth();
        falsePositives++;
      } else if (row.score() == 1) {
        won[row.window()] = Math.max(won[row.window()], row.worth());
      }
    }
    int detected =
        (int) Arrays.stream(won).filter(each -> each != -profile.falseNegative()).count();
    return outcome(
        profile, windows, threshold, Arrays.stream(won).sum() + lost, detected, falsePositives);
  }

  private static Outcome outcome(
      NabProfile profile,
      int windows,
      double threshold,
      double raw,
      int detected,
      int falsePositives) {
    double nothing = -profile.falseNegative() * windows;
    double perfect = profile.truePositive() * windows;
    return new Outcome(
        threshold,
        windows == 0 ? Double.NaN : 100 * (raw - nothing) / (perfect - nothing),
        raw,
        detected,
        windows,
        falsePositives);
  }

  private static List<Row> rows(NabProfile profile, List<NabSeries> series, List<double[]> scores) {
    List<Row> rows = new ArrayList<>();
    int firstWindow = 0;
    for (int s = 0; s < series.size(); s++) {
      NabSeries each = series.get(s);
      int window = -1;
      for (int i = 0; i < each.rows(); i++) {
        if (window + 1 < each.windows().size() && i >= each.windows().get(window + 1).first()) {
          window++;
        }
        if (i < each.probation()) {
          continue;
        }
        NabSeries.Window last = window < 0 ? null : each.windows().get(window);
        if (last == null) {
          rows.add(new Row(scores.get(s)[i], -profile.falsePositive(), -1));
        } else if (i <= last.last()) {
          double width = last.last() - last.first() + 1;
          double position = -(last.last() - i + 1) / width;
          rows.add(
              new Row(
                  scores.get(s)[i],
                  scaledSigmoid(position) * profile.truePositive() / BEST_POSITION,
                  firstWindow + window));
        } else {
          double past = (i - last.last()) / (double) (last.last() - last.first());
          rows.add(new Row(scores.get(s)[i], scaledSigmoid(past) * profile.falsePositive(), -1));
        }
      }
      firstWindow += each.windows().size();
    }
    return rows;
  }

  /** From 1 well before the end of a window through 0 at its end to -1 well after it. */
  private static double scaledSigmoid(double position) {
    return position > 3 ? -1 : 2 / (1 + Math.exp(5 * position)) - 1;
  }
}
