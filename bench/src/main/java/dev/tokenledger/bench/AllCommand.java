package dev.tokenledger.bench;

import dev.tokenledger.bench.nab.NabBench;
import dev.tokenledger.bench.report.Machine;
import dev.tokenledger.bench.report.Results;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.openjdk.jmh.runner.RunnerException;

/** {@code all}: starts the product on fresh data, measures everything and writes the results. */
final class AllCommand {
  private static final Set<String> OPTIONS =
      Set.of(
          "app",
          "work",
          "java-options",
          "runs",
          "duration",
          "events",
          "fewer-events",
          "repeats",
          "traces",
          "results",
          "nab",
          "usage",
          "only");

  /** What the script adds, and where files of this machine are: no part of what was measured. */
  private static final Set<String> LOCAL = Set.of("--app", "--java-options", "--work", "--results");

  private AllCommand() {}

  static void run(List<String> args)
      throws IOException, InterruptedException, SQLException, RunnerException {
    Options options = Options.parse(args, OPTIONS);
    Path work =
        options.path("work").isPresent()
            ? Files.createDirectories(options.path("work").get())
            : Files.createTempDirectory("tokenledger-bench");
    Path file = Path.of(options.text("results", "bench/RESULTS.md"));
    Results results =
        new Results(
            Machine.here(),
            Machine.commit(Path.of("").toAbsolutePath()),
            "./tokenledger bench " + String.join(" ", repeatable(args)));
    FullRun run =
        new FullRun(
            Path.of(options.text("app", "standalone/target/quarkus-app/quarkus-run.jar")),
            work,
            FullRun.split(options.text("java-options", "-Xmx288m -XX:+UseSerialGC")),
            LoadCommand.lengths(options.path("traces")),
            results);
    List<String> only =
        Arrays.asList(
            options.text("only", "settling,history,authorization,queries,micro").split(","));
    if (only.contains("settling")) {
      run.settling(options.number("runs", 3), options.seconds("duration", 20));
      results.write(file);
    }
    if (only.contains("history")) {
      run.histories();
      results.write(file);
    }
    if (only.contains("authorization")) {
      run.authorization(options.number("runs", 7), options.seconds("duration", 15));
      results.write(file);
    }
    if (only.contains("queries")) {
      run.queries(
          options.number("fewer-events", 1_000_000),
          options.number("events", 10_000_000),
          options.number("repeats", 20));
      results.write(file);
    }
    if (only.contains("micro")) {
      run.micro();
      results.write(file);
    }
    if (only.contains("nab")) {
      NabBench.run(Path.of(options.required("nab")), options.path("usage").orElse(null), results);
      results.write(file);
    }
    System.out.println("written to " + file);
  }

  private static List<String> repeatable(List<String> args) {
    List<String> kept = new ArrayList<>();
    for (int i = 0; i + 1 < args.size(); i += 2) {
      if (!LOCAL.contains(args.get(i))) {
        kept.addAll(args.subList(i, i + 2));
      }
    }
    return kept;
  }
}
