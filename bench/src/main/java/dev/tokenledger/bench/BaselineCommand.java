package dev.tokenledger.bench;

import dev.tokenledger.bench.app.Stores;
import dev.tokenledger.bench.baseline.PostgresBaseline;
import dev.tokenledger.bench.baseline.RedisBaseline;
import dev.tokenledger.bench.traffic.TokenLengths;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;

/** {@code baseline}: what the embedded Postgres and Redis do alone with the same data. */
final class BaselineCommand {
  private static final Set<String> OPTIONS = Set.of("data", "rows", "traces", "runs");

  private BaselineCommand() {}

  static void run(List<String> args) throws IOException, SQLException {
    Options options = Options.parse(args, OPTIONS);
    Stores stores = new Stores(Path.of(options.required("data")));
    TokenLengths lengths = LoadCommand.lengths(options.path("traces"));
    for (int run = 0; run < options.number("runs", 3); run++) {
      try (Connection connection = stores.postgres()) {
        PostgresBaseline.Result result =
            PostgresBaseline.run(connection, options.number("rows", 400_000), lengths);
        System.out.printf(
            "COPY, INSERT … ON CONFLICT  %,d rows in %.2f s, %,.0f rows/s%n",
            result.rows(), result.seconds(), result.rowsPerSecond());
      }
    }
    for (int eventsInBlock : new int[] {100, 1_000, 5_000}) {
      RedisBaseline.Result result =
          RedisBaseline.run(stores.redisPort(), stores.redisPassword(), eventsInBlock, lengths);
      System.out.printf(
          "XADD of %,d events a block    %,.0f blocks/s, %,.0f events/s, %.1f bytes an event%n",
          eventsInBlock,
          result.blocksPerSecond(),
          result.eventsPerSecond(),
          result.bytesPerEvent());
    }
  }
}
