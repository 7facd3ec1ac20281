package dev.tokenledger.bench.app;

import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;

/**
 * What Postgres has on disk, in bytes.
 *
 * @param tables tables and indexes of the database
 * @param log all that was ever written to the write-ahead log
 */
public record DiskUse(long tables, long log) {
  private static final int SECONDS_TO_FOLD = 300;

  public static DiskUse of(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT pg_database_size(current_database()),"
                    + " pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint")) {
      row.next();
      return new DiskUse(row.getLong(1), row.getLong(2));
    }
  }

  /** The same, once what was settled is folded. */
  public static DiskUse atRest(Connection connection)
      throws SQLException, IOException, InterruptedException {
    for (int second = 0; second < SECONDS_TO_FOLD; second++) {
      try (Statement statement = connection.createStatement();
          ResultSet row =
              statement.executeQuery("SELECT EXISTS (SELECT FROM ledger.sketch_journal)")) {
        row.next();
        if (!row.getBoolean(1)) {
          return of(connection);
        }
      }
      TimeUnit.SECONDS.sleep(1);
    }
    throw new IOException("sketches are not folded after " + SECONDS_TO_FOLD + " s");
  }
}
