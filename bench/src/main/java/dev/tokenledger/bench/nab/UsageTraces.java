package dev.tokenledger.bench.nab;

import dev.tokenledger.alerting.anomaly.AnomalyDetector;
import dev.tokenledger.alerting.anomaly.AnomalySettings;
import dev.tokenledger.alerting.anomaly.Verdict;
import dev.tokenledger.bench.report.Results;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Alarms in real usage that nobody has labelled. They are counted as false, which they need not be.
 */
final class UsageTraces {
  /** The week of BurstGPT has no date; a Monday. */
  private static final Instant MONDAY = Instant.parse("2024-01-01T00:00:00Z");

  private static final DateTimeFormatter AZURE =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSSS");

  private UsageTraces() {}

  /** A series of buckets; what the detector said of it, with its defaults. */
  private record Alarms(String series, int buckets, int judged, List<String> at) {
    String perWeek(Duration bucket) {
      double weeks = judged * bucket.toSeconds() / (7 * 86_400.0);
      return judged == 0 ? "-" : String.format(Locale.ROOT, "%.2f", at.size() / weeks);
    }
  }

  static void report(Path directory, Results results) throws IOException {
    List<List<String>> rows = new ArrayList<>();
    Path week = directory.resolve("week1_min.csv");
    for (Duration bucket : List.of(Duration.ofMinutes(5), Duration.ofMinutes(15))) {
      TreeMap<Instant, Double> sums = new TreeMap<>();
      for (String line : lines(week)) {
        String[] cells = line.split(",");
        Instant minute = MONDAY.plus(Duration.ofMinutes(Long.parseLong(cells[0])));
        sums.merge(floor(minute, bucket), 60 * Double.parseDouble(cells[1]), Double::sum);
      }
      rows.add(row(alarms("BurstGPT, tokens of a week", sums, bucket), bucket));
    }
    Path azure = directory.resolve("azure-llm/AzureLLMInferenceTrace_code.csv");
    Duration minute = Duration.ofMinutes(1);
    TreeMap<Instant, Double> calls = new TreeMap<>();
    TreeMap<Instant, Double> tokens = new TreeMap<>();
    for (String line : lines(azure)) {
      String[] cells = line.split(",");
      Instant bucket =
          floor(LocalDateTime.parse(cells[0], AZURE).toInstant(ZoneOffset.UTC), minute);
      calls.merge(bucket, 1.0, Double::sum);
      tokens.merge(
          bucket, Double.parseDouble(cells[1]) + Double.parseDouble(cells[2]), Double::sum);
    }
    rows.add(row(alarms("Azure, calls of an hour", calls, minute), minute));
    rows.add(row(alarms("Azure, tokens of an hour", tokens, minute), minute));
    results.section(
        "Anomalies: real usage",
        "Alarms in traces of real usage, with the defaults. Nothing in them is labelled: each alarm"
            + " is counted as false. A series is judged once it has been watched for 46 hours and 150"
            + " buckets; the hour of Azure is too short for that, and stays silent.");
    results.table(
        List.of("series", "bucket", "buckets", "judged", "alarms", "alarms a week", "where"), rows);
  }

  private static List<String> row(Alarms alarms, Duration bucket) {
    return List.of(
        alarms.series(),
        bucket.toMinutes() + " min",
        Integer.toString(alarms.buckets()),
        Integer.toString(alarms.judged()),
        Integer.toString(alarms.at().size()),
        alarms.perWeek(bucket),
        alarms.at().isEmpty() ? "-" : String.join("; ", alarms.at()));
  }

  /** Buckets without usage are zero. */
  private static Alarms alarms(String name, TreeMap<Instant, Double> sums, Duration bucket) {
    AnomalyDetector detector = new AnomalyDetector(AnomalySettings.DEFAULTS);
    List<String> found = new ArrayList<>();
    int buckets = 0;
    int judged = 0;
    Map.Entry<Instant, Double> last = sums.lastEntry();
    for (Instant at = sums.firstKey(); !at.isAfter(last.getKey()); at = at.plus(bucket)) {
      double value = sums.getOrDefault(at, 0.0);
      Verdict verdict = detector.observe(at, value);
      buckets++;
      judged += Double.isInfinite(verdict.upper()) ? 0 : 1;
      if (verdict.alarm()) {
        found.add(
            String.format(
                Locale.ROOT,
                "%s %s %s: %,.0f, expected %,.0f",
                Duration.between(sums.firstKey(), at),
                verdict.cause(),
                verdict.direction(),
                value,
                verdict.expected()));
      }
    }
    return new Alarms(name, buckets, judged, found);
  }

  private static Instant floor(Instant time, Duration bucket) {
    long seconds = bucket.toSeconds();
    return Instant.ofEpochSecond(Math.floorDiv(time.getEpochSecond(), seconds) * seconds);
  }

  private static List<String> lines(Path file) throws IOException {
    List<String> lines = Files.readAllLines(file);
    return lines.subList(1, lines.size());
  }
}
