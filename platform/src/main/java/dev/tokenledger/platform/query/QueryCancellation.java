package dev.tokenledger.platform.query;

import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * Ends a question from another thread: because it takes too long, or because nobody waits for its
 * answer any more. Thread-safe.
 */
public final class QueryCancellation {
  private @Nullable Connection running;
  private boolean cancelled;

  /**
   * Ends the statement that runs now, and keeps the question from beginning another. Blocks, since
   * it connects to the database.
   *
   * @throws SQLException if the database could not be told; the question ends before its next
   *     statement even so
   */
  public synchronized void cancel() throws SQLException {
    cancelled = true;
    if (running != null) {
      running.unwrap(PGConnection.class).cancelQuery();
    }
  }

  synchronized void begin(Connection connection) {
    check();
    running = connection;
  }

  /** The connection is about to serve others. */
  synchronized void end() {
    running = null;
  }

  synchronized void check() {
    if (cancelled) {
      throw tooSlow();
    }
  }

  static ProblemException tooSlow() {
    return ProblemException.retryable(
        ProblemCode.TOO_SLOW,
        "The question took longer than questions may. Ask for a shorter period or fewer dimensions,"
            + " or for dimensions that are kept together: see 'cuboid' in an answer.",
        Duration.ofSeconds(5),
        null);
  }
}
