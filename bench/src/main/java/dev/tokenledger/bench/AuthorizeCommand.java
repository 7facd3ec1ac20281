package dev.tokenledger.bench;

import dev.tokenledger.bench.app.Stores;
import dev.tokenledger.bench.baseline.BareAuthorizer;
import dev.tokenledger.bench.load.AuthorizationBench;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;

/**
 * {@code authorize}: asks a running service whether calls may be made. {@code bare}: answers as
 * little as possible.
 */
final class AuthorizeCommand {
  private static final Set<String> OPTIONS =
      Set.of("url", "data", "rate", "duration", "connections");

  private AuthorizeCommand() {}

  static void run(List<String> args) throws IOException, InterruptedException {
    Options options = Options.parse(args, OPTIONS);
    Stores stores = new Stores(options.path("data").orElse(Path.of("data")));
    AuthorizationBench bench =
        new AuthorizationBench(
            options.uri("url", "http://127.0.0.1:8080"),
            stores.bootstrapKey("TOKENLEDGER_ADMIN_KEY"),
            stores.bootstrapKey("TOKENLEDGER_INGEST_KEY"),
            options.number("connections", 16));
    System.out.println(
        bench.run(options.number("rate", 2_000), options.seconds("duration", 20)).text());
  }

  static void bare(List<String> args) throws IOException, SQLException {
    Options options = Options.parse(args, Set.of("data", "port"));
    BareAuthorizer.serve(
        new Stores(Path.of(options.required("data"))), options.number("port", 8089));
  }
}
