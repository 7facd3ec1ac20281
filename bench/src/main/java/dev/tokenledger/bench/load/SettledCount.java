package dev.tokenledger.bench.load;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** How many events the ledger has settled so far. Not thread-safe. */
public interface SettledCount {
  long now() throws IOException, InterruptedException;

  /** From the ledger itself. */
  static SettledCount of(Connection connection) {
    return () -> {
      try (Statement statement = connection.createStatement();
          ResultSet row =
              statement.executeQuery(
                  "SELECT coalesce(sum(stored), 0)::bigint FROM ledger.completeness")) {
        row.next();
        return row.getLong(1);
      } catch (SQLException e) {
        throw new IOException("the settled events cannot be counted", e);
      }
    };
  }

  /** From the metrics of the process that settles. */
  static SettledCount ofMetrics(URI url) {
    HttpClient client = HttpClient.newHttpClient();
    HttpRequest request = HttpRequest.newBuilder(url.resolve("/q/metrics")).build();
    return () -> {
      String metrics = client.send(request, HttpResponse.BodyHandlers.ofString()).body();
      return metrics
          .lines()
          .filter(line -> line.startsWith("tokenledger_settle_events_total"))
          .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
          .sum();
    };
  }
}
