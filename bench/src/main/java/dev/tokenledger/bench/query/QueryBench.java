package dev.tokenledger.bench.query;

import dev.tokenledger.bench.traffic.TokenLengths;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;

/**
 * Asks the questions of a dashboard of the API and of the raw events, over the same history. No two
 * questions of the API have quite the same period, so that none is answered from a cache. One
 * client, one question at a time.
 */
public final class QueryBench {
  private static final long LONGEST_NANOS = Duration.ofMinutes(10).toNanos();
  private static final int WARM_UP = 3;
  private static final long LOOK_EVERY_MILLIS = 500;

  private final URI url;
  private final String key;
  private final Connection connection;
  private final HttpClient client = HttpClient.newHttpClient();

  /**
   * @param key that may read
   * @param connection as the owner, to fill and to ask the raw table
   */
  public QueryBench(URI url, String key, Connection connection) {
    this.url = url;
    this.key = key;
    this.connection = connection;
  }

  /**
   * @param answer times of the API, nanoseconds
   * @param rawMillis of the same question in SQL over the raw events, 0 when it was not asked
   */
  public record Result(String question, int days, Histogram answer, double rawMillis) {
    public double p50Millis() {
      return answer.getValueAtPercentile(50) / 1e6;
    }

    public double p95Millis() {
      return answer.getValueAtPercentile(95) / 1e6;
    }

    /** How many times faster the median answer is than the raw table. */
    public double ratio() {
      return rawMillis / p50Millis();
    }
  }

  /** Fills the ledger, and waits until the product has added up what it does by itself. */
  public void fill(int events, int days, TokenLengths lengths, Consumer<String> progress)
      throws SQLException, InterruptedException {
    new History(connection, tenantId(), lengths).fill(events, days, Instant.now(), progress);
    long end = System.nanoTime() + LONGEST_NANOS;
    while (!usersAreAddedUp()) {
      if (System.nanoTime() > end) {
        throw new SQLException("the sums of users were not added up");
      }
      Thread.sleep(LOOK_EVERY_MILLIS);
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute("VACUUM (ANALYZE) ledger.user_sums");
    }
  }

  /** All days but the last, and of the longest buckets those that have ended with these. */
  private boolean usersAreAddedUp() throws SQLException {
    try (PreparedStatement select =
        connection.prepareStatement(
            "SELECT 1 FROM ledger.user_sums_complete d LEFT JOIN ledger.user_sums_complete l"
                + " ON l.tenant_id = d.tenant_id AND l.hours = 192 WHERE d.tenant_id = ?"
                + " AND d.hours = 24 AND d.until > now() - interval '49 hours'"
                + " AND date_bin('192 hours', d.until, 'epoch') <= coalesce(l.until,"
                + " date_bin('192 hours', (SELECT min(bucket) FROM ledger.user_sums), 'epoch'))")) {
      select.setInt(1, tenantId());
      try (ResultSet row = select.executeQuery()) {
        return row.next();
      }
    }
  }

  /**
   * @param repeats how often each question is asked of the API
   * @param raw whether the raw events are asked as well, once
   */
  public List<Result> ask(int days, int repeats, boolean raw)
      throws IOException, InterruptedException, SQLException {
    Instant now = Instant.now().truncatedTo(ChronoUnit.MINUTES);
    List<Result> results = new ArrayList<>();
    for (Question question : Question.DASHBOARD) {
      Histogram histogram = new Histogram(LONGEST_NANOS, 3);
      for (int i = -WARM_UP; i < repeats; i++) {
        Instant end = now.minus(Duration.ofMinutes(i + WARM_UP));
        long start = System.nanoTime();
        ask(question, end.minus(Duration.ofDays(days)), end);
        if (i >= 0) {
          histogram.recordValue(System.nanoTime() - start);
        }
      }
      results.add(
          new Result(
              question.name(),
              days,
              histogram,
              raw ? raw(question, now.minus(Duration.ofDays(days)), now) : 0));
    }
    return results;
  }

  private void ask(Question question, Instant start, Instant end)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        question.isOverview()
            ? HttpRequest.newBuilder(
                url.resolve("/v1/analytics/overview?start=" + start + "&end=" + end))
            : HttpRequest.newBuilder(url.resolve("/v1/analytics/query"))
                .header("Content-Type", "application/json")
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        "{"
                            + question.body()
                            + ",\"start\":\""
                            + start
                            + "\",\"end\":\""
                            + end
                            + "\"}"));
    HttpResponse<String> response =
        client.send(
            request.header("Authorization", "Bearer " + key).build(),
            HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IOException(
          "'"
              + question.name()
              + "' was answered "
              + response.statusCode()
              + " "
              + response.body());
    }
  }

  private double raw(Question question, Instant start, Instant end) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(question.sql())) {
      select.setInt(1, tenantId());
      select.setObject(2, start.atOffset(ZoneOffset.UTC));
      select.setObject(3, end.atOffset(ZoneOffset.UTC));
      long from = System.nanoTime();
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          rows.getObject(1);
        }
      }
      return (System.nanoTime() - from) / 1e6;
    }
  }

  private int tenantId() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT tenant_id FROM admission.tenants WHERE name = 'default'")) {
      if (!row.next()) {
        throw new SQLException("there is no tenant 'default'");
      }
      return row.getInt(1);
    }
  }
}
