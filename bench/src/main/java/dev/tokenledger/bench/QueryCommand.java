package dev.tokenledger.bench;

import dev.tokenledger.bench.app.Stores;
import dev.tokenledger.bench.query.QueryBench;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;

/** {@code query}: fills a long history, then asks the questions of a dashboard. */
final class QueryCommand {
  private static final Set<String> OPTIONS =
      Set.of("url", "data", "events", "days", "repeats", "fill", "raw", "traces");

  private QueryCommand() {}

  static void run(List<String> args) throws IOException, InterruptedException, SQLException {
    Options options = Options.parse(args, OPTIONS);
    Stores stores = new Stores(Path.of(options.required("data")));
    int days = options.number("days", 90);
    try (Connection connection = stores.postgres()) {
      QueryBench bench =
          new QueryBench(
              options.uri("url", "http://127.0.0.1:8080"),
              stores.bootstrapKey("TOKENLEDGER_ADMIN_KEY"),
              connection);
      if (options.text("fill", "yes").equals("yes")) {
        bench.fill(
            options.number("events", 1_000_000),
            days,
            LoadCommand.lengths(options.path("traces")),
            System.out::println);
      }
      boolean raw = options.text("raw", "yes").equals("yes");
      System.out.printf(
          "%-28s %5s %10s %10s %12s %8s%n",
          "question", "days", "p50 ms", "p95 ms", "raw ms", "ratio");
      for (int asked : new int[] {days, 30, 1}) {
        for (QueryBench.Result result : bench.ask(asked, options.number("repeats", 20), raw)) {
          System.out.printf(
              "%-28s %5d %10.1f %10.1f %12.0f %8.0f%n",
              result.question(),
              result.days(),
              result.p50Millis(),
              result.p95Millis(),
              result.rawMillis(),
              result.ratio());
        }
      }
    }
  }
}
