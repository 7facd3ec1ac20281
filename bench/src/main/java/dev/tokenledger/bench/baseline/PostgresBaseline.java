package dev.tokenledger.bench.baseline;

import dev.tokenledger.aggregation.event.LedgerEvent;
import dev.tokenledger.bench.ledger.EventRows;
import dev.tokenledger.bench.ledger.LedgerTraffic;
import dev.tokenledger.bench.traffic.TokenLengths;
import dev.tokenledger.bench.traffic.Traffic;
import dev.tokenledger.platform.database.BinaryCopy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Postgres alone with the rows of the ledger: COPY into a temporary table, then INSERT … ON
 * CONFLICT DO NOTHING into a table whose primary key is tenant and event, one transaction for each
 * batch, one connection, as durable as the server is. Only the statements are timed: the rows are
 * encoded before. What it makes is dropped afterwards, or by the next run if this one fails.
 */
public final class PostgresBaseline {
  private static final int BATCH_ROWS = 20_000;

  /** A tenant that no service knows. */
  private static final int TENANT = 2_000_000_001;

  private PostgresBaseline() {}

  /** The figures of one run. */
  public record Result(long rows, double seconds) {
    public double rowsPerSecond() {
      return rows / seconds;
    }
  }

  /**
   * @param connection as a user that may make schemas
   * @param rows rounded up to whole batches; one more batch before them warms up
   */
  public static Result run(Connection connection, int rows, TokenLengths lengths)
      throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("DROP SCHEMA IF EXISTS bench_baseline CASCADE");
      statement.execute("CREATE SCHEMA bench_baseline");
      statement.execute(
          "CREATE TABLE bench_baseline.events (LIKE ledger.events INCLUDING DEFAULTS,"
              + " PRIMARY KEY (tenant_id, event_key))");
      statement.execute(
          "CREATE TEMPORARY TABLE incoming (LIKE ledger.events) ON COMMIT DELETE ROWS");
      connection.commit();
      Result result = measure(connection, statement, rows, lengths);
      statement.execute("DROP SCHEMA bench_baseline CASCADE");
      statement.execute("DROP TABLE incoming");
      statement.execute("DELETE FROM ledger.dimension_values WHERE tenant_id = " + TENANT);
      statement.execute("DELETE FROM ledger.dimension_sizes WHERE tenant_id = " + TENANT);
      statement.execute("DELETE FROM ledger.dimension_overflow WHERE tenant_id = " + TENANT);
      connection.commit();
      return result;
    }
  }

  private static Result measure(
      Connection connection, Statement statement, int rows, TokenLengths lengths)
      throws SQLException {
    LedgerTraffic traffic = new LedgerTraffic(new Traffic(43, lengths), TENANT, "baseline-");
    long stored = 0;
    long nanos = 0;
    for (int batch = -1; stored < rows; batch++) {
      Instant now = Instant.now();
      List<LedgerEvent> events =
          traffic.rows(
              connection, traffic.batch(BATCH_ROWS, now.minus(Duration.ofSeconds(1)), now));
      BinaryCopy copy = EventRows.copy(events);
      long start = System.nanoTime();
      copy.send(
          connection,
          "COPY pg_temp.incoming (" + EventRows.COLUMNS + ") FROM STDIN (FORMAT binary)");
      int inserted =
          statement.executeUpdate(
              "INSERT INTO bench_baseline.events SELECT * FROM pg_temp.incoming"
                  + " ON CONFLICT DO NOTHING");
      connection.commit();
      if (batch >= 0) {
        nanos += System.nanoTime() - start;
        stored += inserted;
      }
    }
    return new Result(stored, nanos / 1e9);
  }
}
