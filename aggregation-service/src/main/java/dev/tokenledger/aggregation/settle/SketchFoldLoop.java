package dev.tokenledger.aggregation.settle;

import dev.tokenledger.platform.database.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Folds sketches again and again, on a thread of its own, until it is stopped. */
final class SketchFoldLoop implements Runnable {
  private static final Logger LOG = Logger.getLogger(SketchFoldLoop.class);

  private final SketchFolder folder;
  private final Database database;
  private final Duration interval;
  private final CountDownLatch stopped = new CountDownLatch(1);

  SketchFoldLoop(SketchFolder folder, Database database, Duration interval) {
    this.folder = folder;
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
        foldAll();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void foldAll() {
    try (Connection connection = database.connect()) {
      connection.setAutoCommit(false);
      try {
        while (folder.fold(connection) > 0 && stopped.getCount() > 0) {
          // The next portion.
        }
      } catch (SQLException e) {
        connection.rollback();
        throw e;
      }
    } catch (SQLException e) {
      // Readers add the journal to the tables, so waiting changes no answer.
      LOG.warnf("sketches stay in the journal for now: %s", e.getMessage());
    }
  }
}
