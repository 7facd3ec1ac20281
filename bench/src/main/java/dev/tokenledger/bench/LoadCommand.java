package dev.tokenledger.bench;

import dev.tokenledger.bench.app.CpuUse;
import dev.tokenledger.bench.app.Stores;
import dev.tokenledger.bench.load.LoadGenerator;
import dev.tokenledger.bench.load.LoadPlan;
import dev.tokenledger.bench.load.LoadReport;
import dev.tokenledger.bench.load.SettledCount;
import dev.tokenledger.bench.load.VisibilityProbe;
import dev.tokenledger.bench.load.Wire;
import dev.tokenledger.bench.traffic.TokenLengths;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code load}: sends events to a running service and prints what became of them. */
final class LoadCommand {
  private static final Set<String> OPTIONS =
      Set.of(
          "url",
          "key",
          "rate",
          "duration",
          "batch",
          "connections",
          "data",
          "traces",
          "probe",
          "wire",
          "pid");

  private LoadCommand() {}

  static void run(List<String> args) throws IOException, InterruptedException, SQLException {
    Options options = Options.parse(args, OPTIONS);
    Optional<Stores> stores = options.path("data").map(Stores::new);
    LoadPlan plan = plan(options, stores);
    LoadGenerator generator = new LoadGenerator(plan);
    System.out.printf(
        "%s, %s, %.0f bytes an event%n",
        plan.eventsPerSecond() == 0
            ? "closed loop"
            : String.format("open loop of %,d events/s", plan.eventsPerSecond()),
        plan.connections() + " connections of " + plan.eventsPerRequest() + " events a request",
        generator.bytesPerEvent());
    if (stores.isEmpty()) {
      System.out.print(generator.run(SettledCount.ofMetrics(plan.url()), null).text());
      return;
    }
    CpuUse cpu = CpuUse.of(processes(stores.get(), options));
    try (Connection watching = stores.get().postgres();
        Connection probing = stores.get().postgres()) {
      @Nullable VisibilityProbe probe =
          options.text("probe", "yes").equals("yes")
              ? new VisibilityProbe(plan.url(), plan.key(), probing)
              : null;
      LoadReport report = generator.run(SettledCount.of(watching), probe);
      System.out.print(report.text());
      System.out.printf("%-14s%s%n", "processors", CpuUse.text(cpu.soFar()));
    }
  }

  private static Map<String, Long> processes(Stores stores, Options options) throws IOException {
    Map<String, Long> pids = new LinkedHashMap<>();
    pids.put("generator", ProcessHandle.current().pid());
    pids.put("postgres", stores.postgresPid());
    pids.put("redis", stores.redisPid());
    options.text("pid").ifPresent(pid -> pids.put("service", Long.parseLong(pid)));
    return pids;
  }

  private static LoadPlan plan(Options options, Optional<Stores> stores) throws IOException {
    String key =
        stores.isPresent() && options.text("key").isEmpty()
            ? stores.get().bootstrapKey("TOKENLEDGER_INGEST_KEY")
            : options.required("key");
    return new LoadPlan(
        options.uri("url", "http://127.0.0.1:8080"),
        key,
        options.number("rate", 0),
        options.seconds("duration", 20),
        options.number("batch", 100),
        options.number("connections", 16),
        lengths(options.path("traces")),
        Wire.valueOf(options.text("wire", "native").toUpperCase(Locale.ROOT).replace('-', '_')));
  }

  static TokenLengths lengths(Optional<Path> traces) throws IOException {
    return traces.isPresent() ? TokenLengths.recorded(traces.get()) : TokenLengths.logNormal();
  }
}
