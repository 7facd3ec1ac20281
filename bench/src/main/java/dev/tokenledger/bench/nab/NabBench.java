package dev.tokenledger.bench.nab;

import dev.tokenledger.alerting.anomaly.AnomalyDetector;
import dev.tokenledger.alerting.anomaly.AnomalySettings;
import dev.tokenledger.alerting.anomaly.Verdict;
import dev.tokenledger.bench.report.Results;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The anomaly detector with its defaults over the files of the benchmark, one point at a time, and
 * over traces of real usage.
 */
public final class NabBench {
  /** The groups of the whole benchmark. */
  private static final int ALL_GROUPS = 7;

  /** Passes over all files before the one that is timed. */
  private static final int WARM_UP_PASSES = 2;

  /** Of windowed Gaussian: "1.0" with the digits printed; the sum of its published results. */
  private static final double PUBLISHED_THRESHOLD = 1 - 5e-13;

  private static final double PUBLISHED_RAW = -30.8736;

  private NabBench() {}

  /**
   * @param directory with {@code data}, {@code labels} and {@code config}
   * @param usage with {@code week1_min.csv} and {@code azure-llm}, or null to leave that out
   * @param results where sections are added
   */
  public static void run(Path directory, @Nullable Path usage, Results results) throws IOException {
    NabCorpus corpus = NabCorpus.read(directory);
    Detected detected = detect(corpus, AnomalySettings.DEFAULTS);
    report(corpus, detected, results);
    alarms(corpus, results);
    if (usage != null) {
      UsageTraces.report(usage, results);
    }
  }

  private record Detected(List<double[]> scores, int alarms, double nanosPerPoint) {}

  private static Detected detect(NabCorpus corpus, AnomalySettings settings) {
    Detected latest = pass(corpus, settings);
    for (int i = 0; i < WARM_UP_PASSES; i++) {
      latest = pass(corpus, settings);
    }
    return latest;
  }

  private static Detected pass(NabCorpus corpus, AnomalySettings settings) {
    List<double[]> scores = new ArrayList<>();
    int alarms = 0;
    long points = 0;
    long began = System.nanoTime();
    for (NabSeries series : corpus.series()) {
      AnomalyDetector detector = new AnomalyDetector(settings);
      double[] found = new double[series.rows()];
      for (int i = 0; i < found.length; i++) {
        Verdict verdict = detector.observe(series.times().get(i), series.values()[i]);
        found[i] = verdict.score();
        alarms += verdict.alarm() ? 1 : 0;
      }
      scores.add(found);
      points += found.length;
    }
    return new Detected(scores, alarms, (System.nanoTime() - began) / (double) points);
  }

  private static void report(NabCorpus corpus, Detected detected, Results results) {
    List<double[]> gaussian =
        corpus.series().stream().map(series -> WindowedGaussian.scores(series.values())).toList();
    List<String> groups = corpus.series().stream().map(NabSeries::group).distinct().toList();
    results.section(
        "Anomalies: Numenta Anomaly Benchmark",
        String.format(
            Locale.ROOT,
            "%d files of %d of the %d groups (%s), scored by the benchmark's own rules with one"
                + " threshold for all files; 0 is no detection at all, 100 is perfect. One set of"
                + " parameters for all files, a point at a time, without the files' ranges that some"
                + " of the published detectors are told beforehand. %.1f µs a point, %,d bytes of"
                + " state a series.",
            corpus.series().size(),
            groups.size(),
            ALL_GROUPS,
            String.join(", ", groups),
            detected.nanosPerPoint() / 1e3,
            AnomalyDetector.STATE_BYTES));
    List<List<String>> rows = new ArrayList<>();
    for (NabProfile profile : corpus.profiles()) {
      NabScorer.Outcome best = NabScorer.best(profile, corpus.series(), detected.scores());
      NabScorer.Outcome simple = NabScorer.best(profile, corpus.series(), gaussian);
      double threshold = AnomalySettings.DEFAULTS.alarmScore();
      NabScorer.Outcome own = NabScorer.at(profile, corpus.series(), detected.scores(), threshold);
      rows.add(
          List.of(
              profile.name(),
              number(best.score()),
              number(own.score()),
              best.detected() + " of " + best.windows(),
              Integer.toString(best.falsePositives()),
              number(best.threshold()),
              number(simple.score())));
    }
    results.table(
        List.of(
            "profile",
            "score",
            "at its own threshold",
            "windows found",
            "false",
            "threshold",
            "windowed Gaussian"),
        rows);
    parts(corpus, detected, groups, results);
  }

  private static void parts(
      NabCorpus corpus, Detected detected, List<String> groups, Results results) {
    NabProfile standard = corpus.profiles().get(0);
    double threshold = NabScorer.best(standard, corpus.series(), detected.scores()).threshold();
    StringBuilder text = new StringBuilder(standard.name()).append(", by part:\n");
    for (String group : groups) {
      text.append(
          part(
              group,
              i -> corpus.series().get(i).group().equals(group),
              corpus,
              detected,
              threshold));
    }
    text.append(
        part("every other file, from the 1st", i -> i % 2 == 0, corpus, detected, threshold));
    text.append(
        part("every other file, from the 2nd", i -> i % 2 == 1, corpus, detected, threshold));
    text.append(check(corpus));
    results.verbatim(text.toString());
  }

  /**
   * The scorer against what the benchmark's authors have published, file by file, for a detector.
   */
  private static String check(NabCorpus corpus) {
    NabScorer.Outcome outcome =
        NabScorer.at(
            corpus.profiles().get(0),
            corpus.series(),
            corpus.series().stream()
                .map(series -> WindowedGaussian.scores(series.values()))
                .toList(),
            PUBLISHED_THRESHOLD);
    return String.format(
        Locale.ROOT,
        "%nThe scorer: windowed Gaussian at its published threshold, before normalising %.4f;"
            + " published for the 35 files of four groups %.4f.%n",
        outcome.raw(),
        PUBLISHED_RAW);
  }

  private static String part(
      String name, IntPredicate in, NabCorpus corpus, Detected detected, double threshold) {
    List<NabSeries> series = new ArrayList<>();
    List<double[]> scores = new ArrayList<>();
    for (int i = 0; i < corpus.series().size(); i++) {
      if (in.test(i)) {
        series.add(corpus.series().get(i));
        scores.add(detected.scores().get(i));
      }
    }
    NabScorer.Outcome outcome = NabScorer.at(corpus.profiles().get(0), series, scores, threshold);
    return String.format(
        Locale.ROOT,
        "%-32s %s, %d of %d windows, %d false%n",
        name,
        outcome.windows() == 0 ? "  -" : number(outcome.score()),
        outcome.detected(),
        outcome.windows(),
        outcome.falsePositives());
  }

  /** What stricter alarms cost and save. */
  private static void alarms(NabCorpus corpus, Results results) {
    double weeks = 0;
    for (NabSeries series : corpus.series()) {
      List<Instant> times = series.times();
      weeks +=
          Duration.between(times.get(series.probation()), times.get(times.size() - 1)).toHours()
              / 168.0;
    }
    List<List<String>> rows = new ArrayList<>();
    for (double score : new double[] {0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99}) {
      Detected detected = pass(corpus, AnomalySettings.DEFAULTS.withAlarmScore(score));
      NabScorer.Outcome outcome =
          NabScorer.at(corpus.profiles().get(0), corpus.series(), detected.scores(), score);
      rows.add(
          List.of(
              number(score),
              number(outcome.score()),
              outcome.detected() + " of " + outcome.windows(),
              Integer.toString(outcome.falsePositives()),
              number(outcome.falsePositives() / weeks)));
    }
    results.table(
        List.of("alarm score", "standard", "windows found", "false", "false a week and series"),
        rows);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }
}
