package dev.tokenledger.bench;

import dev.tokenledger.bench.app.CpuUse;
import dev.tokenledger.bench.app.DiskUse;
import dev.tokenledger.bench.app.Standalone;
import dev.tokenledger.bench.app.Stores;
import dev.tokenledger.bench.baseline.BareAuthorizer;
import dev.tokenledger.bench.baseline.DiskWatch;
import dev.tokenledger.bench.baseline.PostgresBaseline;
import dev.tokenledger.bench.baseline.RedisBaseline;
import dev.tokenledger.bench.load.AuthorizationBench;
import dev.tokenledger.bench.load.HistoryBench;
import dev.tokenledger.bench.load.LoadGenerator;
import dev.tokenledger.bench.load.LoadPlan;
import dev.tokenledger.bench.load.LoadReport;
import dev.tokenledger.bench.load.SettledCount;
import dev.tokenledger.bench.load.VisibilityProbe;
import dev.tokenledger.bench.load.Wire;
import dev.tokenledger.bench.micro.Microbenchmarks;
import dev.tokenledger.bench.query.QueryBench;
import dev.tokenledger.bench.report.Results;
import dev.tokenledger.bench.report.Spread;
import dev.tokenledger.bench.traffic.TokenLengths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import org.openjdk.jmh.runner.RunnerException;

/** One section of the figures after another, each on data of its own. Not thread-safe. */
final class FullRun {
  /** What settling must reach, of what Postgres does alone. */
  private static final double TARGET_RATIO = 0.4;

  private static final String INGEST_KEY = "TOKENLEDGER_INGEST_KEY";
  private static final int BASELINE_ROWS = 400_000;
  private static final int AUTHORIZATIONS_PER_SECOND = 2_000;
  private static final int EVENTS_PER_REQUEST = 100;
  private static final int CONNECTIONS = 16;

  /** Runs before those that count: a service runs for weeks, its compiler is busy for a minute. */
  private static final int WARM_UP_RUNS = 2;

  /** A second of authorization compiles less than a second of settling. */
  private static final int AUTHORIZATION_WARM_UP_RUNS = 6;

  private final Path app;
  private final Path work;
  private final List<String> javaOptions;
  private final TokenLengths lengths;
  private final Results results;

  FullRun(Path app, Path work, List<String> javaOptions, TokenLengths lengths, Results results) {
    this.app = app;
    this.work = work;
    this.javaOptions = List.copyOf(javaOptions);
    this.lengths = lengths;
    this.results = results;
  }

  /** Start-up, throughput against the baseline, and latency at half the target. */
  void settling(int runs, Duration duration)
      throws IOException, InterruptedException, SQLException {
    Path data = work.resolve("settling");
    Duration first;
    try (Standalone fresh = start(data)) {
      first = fresh.readyAfter();
    }
    try (Standalone standalone = start(data)) {
      long idle = CpuUse.residentMebibytes(standalone.pid());
      double baseline = throughput(standalone, runs, duration);
      // Before the spans, which leave a ledger several times as large.
      halfLoad(standalone, (int) (baseline * TARGET_RATIO / 2), duration);
      wires(standalone, runs, duration);
      results.section("Start and memory", "One process with " + String.join(" ", javaOptions));
      results.table(
          List.of("figure", "value", "target"),
          List.of(
              List.of("ready, first start (makes the database)", seconds(first), ""),
              List.of("ready, on a warm disk", seconds(standalone.readyAfter()), "8 s"),
              List.of("resident once ready", idle + " MiB", "768 MiB"),
              List.of(
                  "resident after the load",
                  CpuUse.residentMebibytes(standalone.pid()) + " MiB",
                  "768 MiB")));
    }
    delete(data);
  }

  private double throughput(Standalone standalone, int runs, Duration duration)
      throws IOException, InterruptedException, SQLException {
    List<Double> baselines = new ArrayList<>();
    List<Double> settled = new ArrayList<>();
    List<Double> accepted = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    List<List<String>> rows = new ArrayList<>();
    for (int run = 1 - WARM_UP_RUNS; run <= runs; run++) {
      double alone;
      try (Connection connection = standalone.stores().postgres()) {
        alone = PostgresBaseline.run(connection, BASELINE_ROWS, lengths).rowsPerSecond();
      }
      LoadGenerator generator = generator(standalone, 0, duration);
      CpuUse cpu = CpuUse.of(processes(standalone));
      LoadReport report = load(standalone, generator, false);
      LoadReport.Settled end = settled(report);
      if (run > 0) {
        baselines.add(alone);
        settled.add(end.eventsPerSecond());
        accepted.add(report.acceptedPerSecond());
        ratios.add(end.eventsPerSecond() / alone);
      }
      rows.add(
          List.of(
              run > 0 ? Integer.toString(run) : "warm-up",
              number(alone),
              number(report.acceptedPerSecond()),
              number(end.eventsPerSecond()),
              String.format(Locale.ROOT, "%.2f", end.eventsPerSecond() / alone),
              report.errors().isEmpty() ? "none" : report.errors().toString(),
              CpuUse.text(cpu.soFar())));
    }
    results.section(
        "Settling",
        "As fast as answers come for "
            + duration.toSeconds()
            + " s, then until all is settled; events/s from the first request to the last commit."
            + " The baseline is Postgres alone with the same rows, just before each run. The first"
            + " runs after the start, while much is compiled, are shown and not counted.");
    results.table(
        List.of(
            "run",
            "COPY + INSERT … ON CONFLICT, rows/s",
            "accepted/s",
            "settled/s",
            "ratio",
            "errors",
            "processors used"),
        rows);
    results.verbatim(
        "baseline "
            + Spread.of(baselines).text("%,.0f")
            + "\naccepted "
            + Spread.of(accepted).text("%,.0f")
            + "\nsettled  "
            + Spread.of(settled).text("%,.0f")
            + "\nratio    "
            + Spread.of(ratios).text("%.2f")
            + ", target at least "
            + TARGET_RATIO);
    redis(standalone.stores());
    return Spread.of(baselines).median();
  }

  private void redis(Stores stores) throws IOException {
    List<List<String>> rows = new ArrayList<>();
    for (int events : new int[] {100, 1_000, 5_000}) {
      RedisBaseline.Result result =
          RedisBaseline.run(stores.redisPort(), stores.redisPassword(), events, lengths);
      rows.add(
          List.of(
              number(events),
              number(result.blocksPerSecond()),
              number(result.eventsPerSecond()),
              String.format(Locale.ROOT, "%.1f", result.bytesPerEvent())));
    }
    results.section("Redis alone", "XADD of the same blocks, appendfsync always.");
    results.table(List.of("events a block", "blocks/s", "events/s", "bytes an event"), rows);
  }

  /** The same events as spans, beside native ones, each as fast as answers come. */
  private void wires(Standalone standalone, int runs, Duration duration)
      throws IOException, InterruptedException, SQLException {
    List<List<String>> rows = new ArrayList<>();
    for (Wire wire : Wire.values()) {
      List<Double> accepted = new ArrayList<>();
      List<Double> settled = new ArrayList<>();
      String errors = "none";
      double bytes = 0;
      for (int run = 0; run <= runs; run++) {
        LoadGenerator generator = generator(standalone, 0, duration, wire);
        bytes = generator.bytesPerEvent();
        LoadReport report = load(standalone, generator, false);
        // The first run of a form compiles its reader.
        if (run > 0) {
          accepted.add(report.acceptedPerSecond());
          settled.add(settled(report).eventsPerSecond());
          errors = report.errors().isEmpty() ? errors : report.errors().toString();
        }
      }
      rows.add(
          List.of(
              wire.name().toLowerCase(Locale.ROOT).replace('_', ' '),
              number(bytes),
              Spread.of(accepted).text("%,.0f"),
              Spread.of(settled).text("%,.0f"),
              errors));
    }
    results.section(
        "OpenTelemetry beside native events",
        "The same calls and runs as events and as spans, requests of "
            + EVENTS_PER_REQUEST
            + ", as fast as answers come for "
            + duration.toSeconds()
            + " s; each session is a trace. Events or spans a second.");
    results.table(List.of("form", "bytes each", "accepted/s", "settled/s", "errors"), rows);
  }

  private void halfLoad(Standalone standalone, int eventsPerSecond, Duration duration)
      throws IOException, InterruptedException, SQLException {
    LoadReport report = load(standalone, generator(standalone, eventsPerSecond, duration), true);
    Histogram visible = report.visible() == null ? new Histogram(3) : report.visible();
    results.section(
        "At half the target",
        "Open loop of "
            + number(eventsPerSecond)
            + " events/s; latencies from when a request was due.");
    results.table(
        List.of("figure", "p50", "p95", "p99", "max", "target"),
        List.of(
            percentiles("acknowledgement", report.acknowledged(), "p99 under 25 ms"),
            percentiles("from acknowledgement to visible", visible, "p99 under 2 s")));
    results.verbatim(report.text());
  }

  /** Histories sent to a service that has just started, each to one of its own. */
  void histories() throws IOException, InterruptedException, SQLException {
    List<List<String>> rows = new ArrayList<>();
    for (HistoryBench.History history : HistoryBench.History.values()) {
      Path data = work.resolve("history");
      List<String> options = new ArrayList<>(javaOptions);
      // By itself, the service refuses what is older than its identities are kept.
      options.add("-Dtokenledger.ingest.admission-window=400d");
      try (Standalone standalone = Standalone.start(app, data, options);
          Connection watching = standalone.stores().postgres()) {
        DiskUse before = DiskUse.of(watching);
        HistoryBench.Result result =
            new HistoryBench(
                    standalone.url(),
                    standalone.stores().bootstrapKey(INGEST_KEY),
                    history,
                    lengths)
                .run(SettledCount.of(watching));
        DiskUse after = DiskUse.atRest(watching);
        rows.add(
            List.of(
                history.title(),
                number(history.events()),
                String.format(Locale.ROOT, "%.1f s", result.acceptedSeconds()),
                String.format(Locale.ROOT, "%.1f s", result.settledSeconds()),
                number(history.events() / result.settledSeconds()),
                number(result.refusals()),
                CpuUse.peakMebibytes(standalone.pid()) + " MiB",
                number((after.tables() - before.tables()) / (double) history.events()),
                number((after.log() - before.log()) / (double) history.events())));
      }
      delete(data);
    }
    results.section(
        "History",
        "Each sent as fast as it is taken, four requests at a time, to a service that has just"
            + " started for the first time, nothing compiled yet; the time until the last event is"
            + " settled, and the most memory its process had resident. Disk: bytes of tables and"
            + " indexes, and of write-ahead log, for an event, once sketches are folded.");
    results.table(
        List.of(
            "history",
            "events",
            "accepted after",
            "settled after",
            "settled/s",
            "asked to wait",
            "peak resident",
            "tables, bytes",
            "log, bytes"),
        rows);
  }

  /**
   * How long a caller waits for leave to spend, in turn with the least that commits before it
   * answers, so that both meet the same machine.
   */
  void authorization(int runs, Duration duration) throws IOException, InterruptedException {
    Path data = work.resolve("authorization");
    try (Standalone standalone = start(data);
        BareAuthorizer least = BareAuthorizer.start(data, javaOptions)) {
      String admin = standalone.stores().bootstrapKey("TOKENLEDGER_ADMIN_KEY");
      String ingest = standalone.stores().bootstrapKey(INGEST_KEY);
      AuthorizationBench asked =
          new AuthorizationBench(standalone.url(), admin, ingest, CONNECTIONS);
      Authorizations product =
          new Authorizations(
              "",
              "p99 under 5 ms",
              processes(standalone),
              data,
              () -> asked.run(AUTHORIZATIONS_PER_SECOND, duration));
      AuthorizationBench same = new AuthorizationBench(least.url(), admin, ingest, CONNECTIONS);
      Map<String, Long> processes = processes(standalone);
      processes.put("service", least.pid());
      Authorizations bare =
          new Authorizations(
              "bare ", "", processes, data, () -> same.ask(AUTHORIZATIONS_PER_SECOND, duration));
      List<List<String>> rows = new ArrayList<>();
      for (int run = 1 - AUTHORIZATION_WARM_UP_RUNS; run <= runs; run++) {
        rows.add(product.run(run));
        rows.add(bare.run(run));
      }
      results.section(
          "Authorization",
          "Open loop of "
              + number(AUTHORIZATIONS_PER_SECOND)
              + " questions/s against one hard stop, each with a reservation that is committed before"
              + " the answer; latencies from when a question was due. The first runs after the start"
              + " are shown and not counted. Bare: an HTTP server with one constant answer after one"
              + " HINCRBY and one committed row, on the same stores, with the same load, in turn. Disk:"
              + " p99 and longest time of a page of 8 kB that the bench itself writes and syncs every"
              + " 20 ms meanwhile; a run in which one took longer than 10 ms met a disk that stood"
              + " still. Median and range of p99 in the runs that count: "
              + product.text(99)
              + "; bare "
              + bare.text(99)
              + ". Of p50: "
              + product.text(50)
              + "; bare "
              + bare.text(50)
              + ".");
      results.table(
          List.of("run", "p50", "p95", "p99", "max", "target", "errors", "disk", "processors used"),
          rows);
    }
    delete(data);
  }

  private interface Asking {
    AuthorizationBench.Report run() throws IOException, InterruptedException;
  }

  /** The runs against one service. */
  private static final class Authorizations {
    /** Many times what a page takes: whoever commits waits as long, whatever the software. */
    private static final double STANDSTILL_MILLIS = 10;

    private final String who;
    private final String target;
    private final Map<String, Long> processes;
    private final Path disk;
    private final Asking asking;
    private final List<Histogram> counted = new ArrayList<>();
    private final List<Histogram> undisturbed = new ArrayList<>();

    Authorizations(
        String who, String target, Map<String, Long> processes, Path disk, Asking asking) {
      this.who = who;
      this.target = target;
      this.processes = processes;
      this.disk = disk;
      this.asking = asking;
    }

    /** The row of a run; those before the first do not count. */
    List<String> run(int run) throws IOException, InterruptedException {
      CpuUse cpu;
      AuthorizationBench.Report report;
      Histogram waits;
      try (DiskWatch watch = DiskWatch.start(disk)) {
        cpu = CpuUse.of(processes);
        report = asking.run();
        waits = watch.end();
      }
      double longest = waits.getMaxValue() / 1e6;
      List<String> row =
          new ArrayList<>(
              percentiles(
                  who + (run > 0 ? Integer.toString(run) : "warm-up"), report.latencies(), target));
      row.add(report.errors().isEmpty() ? "none" : report.errors().toString());
      row.add(millis(waits.getValueAtPercentile(99) / 1e6) + " / " + millis(longest) + " ms");
      row.add(CpuUse.text(cpu.soFar()));
      if (run > 0) {
        counted.add(report.latencies());
        if (longest <= STANDSTILL_MILLIS) {
          undisturbed.add(report.latencies());
        }
      }
      return row;
    }

    /** A percentile of all runs that count, and of those that the disk did not disturb. */
    String text(double percentile) {
      return spread(counted, percentile)
          + (undisturbed.isEmpty()
              ? ", none of them without a standstill of the disk"
              : ", without a standstill of the disk " + spread(undisturbed, percentile));
    }

    private static String spread(List<Histogram> runs, double percentile) {
      return Spread.of(
              runs.stream().map(run -> run.getValueAtPercentile(percentile) / 1e6).toList())
          .text("%.1f")
          .replace(" (", " ms (");
    }
  }

  /** Questions over two lengths of history, to see that the answer does not grow with it. */
  void queries(int fewer, int more, int repeats)
      throws IOException, InterruptedException, SQLException {
    Map<Integer, List<QueryBench.Result>> all = new LinkedHashMap<>();
    for (int events : new int[] {fewer, more}) {
      Path data = work.resolve("queries-" + events);
      try (Standalone standalone = start(data);
          Connection connection = standalone.stores().postgres()) {
        QueryBench bench =
            new QueryBench(
                standalone.url(),
                standalone.stores().bootstrapKey("TOKENLEDGER_ADMIN_KEY"),
                connection);
        bench.fill(events, 90, lengths, line -> {});
        List<QueryBench.Result> asked = new ArrayList<>();
        for (int days : new int[] {90, 30, 1}) {
          asked.addAll(bench.ask(days, repeats, events == more));
        }
        all.put(events, asked);
      }
      delete(data);
    }
    report(all.get(fewer), all.get(more), fewer, more);
  }

  private void report(
      List<QueryBench.Result> few, List<QueryBench.Result> many, int fewer, int more) {
    List<List<String>> rows = new ArrayList<>();
    Histogram overall = new Histogram(3);
    for (int i = 0; i < many.size(); i++) {
      QueryBench.Result result = many.get(i);
      overall.add(result.answer());
      rows.add(
          List.of(
              result.question(),
              Integer.toString(result.days()),
              millis(result.p50Millis()),
              millis(result.p95Millis()),
              millis(result.rawMillis()),
              String.format(Locale.ROOT, "%.0f", result.ratio()),
              String.format(Locale.ROOT, "%.1f", result.p50Millis() / few.get(i).p50Millis())));
    }
    results.section(
        "Questions",
        String.format(
            Locale.ROOT,
            "%,d events in 90 days; the same question asked of the raw events in SQL, and the growth"
                + " of the median against a history of %,d events. p95 over all: %.1f ms (target"
                + " under 50 ms).",
            more,
            fewer,
            overall.getValueAtPercentile(95) / 1e6));
    results.table(
        List.of("question", "days", "p50 ms", "p95 ms", "raw ms", "times faster", "growth"), rows);
  }

  void micro() throws RunnerException {
    List<List<String>> rows = new ArrayList<>();
    for (Microbenchmarks.Score score : Microbenchmarks.run()) {
      rows.add(
          List.of(
              score.name(),
              String.format(Locale.ROOT, "%.0f ± %.0f", score.nanos(), score.error()),
              number(score.bytes())));
    }
    results.section("Steps alone", "JMH; for one event of a hundred.");
    results.table(List.of("step", "ns", "bytes allocated"), rows);
  }

  private Standalone start(Path data) throws IOException, InterruptedException {
    return Standalone.start(app, data, javaOptions);
  }

  private LoadGenerator generator(Standalone standalone, int eventsPerSecond, Duration duration)
      throws IOException {
    return generator(standalone, eventsPerSecond, duration, Wire.NATIVE);
  }

  private LoadGenerator generator(
      Standalone standalone, int eventsPerSecond, Duration duration, Wire wire) throws IOException {
    return new LoadGenerator(
        new LoadPlan(
            standalone.url(),
            standalone.stores().bootstrapKey(INGEST_KEY),
            eventsPerSecond,
            duration,
            EVENTS_PER_REQUEST,
            CONNECTIONS,
            lengths,
            wire));
  }

  private static LoadReport load(Standalone standalone, LoadGenerator generator, boolean probed)
      throws IOException, InterruptedException, SQLException {
    Stores stores = standalone.stores();
    try (Connection watching = stores.postgres();
        Connection probing = stores.postgres()) {
      return generator.run(
          SettledCount.of(watching),
          probed
              ? new VisibilityProbe(standalone.url(), stores.bootstrapKey(INGEST_KEY), probing)
              : null);
    }
  }

  private static LoadReport.Settled settled(LoadReport report) throws IOException {
    LoadReport.Settled settled = report.settled();
    if (settled == null || !settled.complete()) {
      throw new IOException("not all that was accepted was settled:\n" + report.text());
    }
    return settled;
  }

  private static Map<String, Long> processes(Standalone standalone) throws IOException {
    Map<String, Long> pids = new LinkedHashMap<>();
    pids.put("service", standalone.pid());
    pids.put("postgres", standalone.stores().postgresPid());
    pids.put("redis", standalone.stores().redisPid());
    pids.put("guard redis", standalone.stores().guardRedisPid());
    pids.put("generator", ProcessHandle.current().pid());
    return pids;
  }

  private static List<String> percentiles(String name, Histogram histogram, String target) {
    List<String> row = new ArrayList<>(List.of(name));
    for (double percentile : new double[] {50, 95, 99, 100}) {
      row.add(millis(histogram.getValueAtPercentile(percentile) / 1e6) + " ms");
    }
    row.add(target);
    return row;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%,.0f", value);
  }

  private static String millis(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }

  private static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1e3);
  }

  private static void delete(Path directory) throws IOException {
    List<Path> files;
    try (Stream<Path> walk = Files.walk(directory)) {
      files = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) {
      Files.delete(file);
    }
  }

  static List<String> split(String options) {
    return Arrays.stream(options.trim().split("\\s+")).filter(word -> !word.isEmpty()).toList();
  }
}
