package dev.tokenledger.aggregation.settle;

import dev.tokenledger.model.rollup.UserSpan;
import dev.tokenledger.platform.database.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Adds up the sums of users again and again, on a thread of its own, until it is stopped. */
final class UserSumsLoop implements Runnable {
  private static final Logger LOG = Logger.getLogger(UserSumsLoop.class);

  private final UserSums sums;
  private final Database database;
  private final Duration interval;
  private final CountDownLatch stopped = new CountDownLatch(1);

  UserSumsLoop(UserSums sums, Database database, Duration interval) {
    this.sums = sums;
    this.database = database;
    this.interval = interval;
  }

  void stop() {
    stopped.countDown();
  }

  @Override
  public void run() {
    try {
      while (!stopped.await(interval.toMillis(), TimeUnit.MILLISECONDS)) {
        addUpAll();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void addUpAll() {
    try (Connection connection = database.connect()) {
      connection.setAutoCommit(false);
      try {
        for (int tenantId : sums.tenants(connection)) {
          addUp(connection, tenantId);
        }
      } catch (SQLException e) {
        connection.rollback();
        throw e;
      }
    } catch (SQLException e) {
      // Readers take the rollups themselves where nothing is added up, so waiting changes no
      // answer.
      LOG.warnf("sums of users are not added up for now: %s", e.getMessage());
    }
  }

  private void addUp(Connection connection, int tenantId) throws SQLException {
    for (UserSpan span : UserSpan.values()) {
      while (stopped.getCount() > 0 && sums.addUpNext(connection, tenantId, span)) {
        // The next bucket.
      }
    }
  }
}
