package dev.tokenledger.reporting.query;

import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import dev.tokenledger.platform.query.QueryCancellation;
import dev.tokenledger.reporting.ReportingConfig;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jboss.logging.Logger;

/**
 * Lets a bounded number of questions be worked on at once, each for a bounded time and as long as
 * its caller is there. Thread-safe.
 */
@ApplicationScoped
public class QuestionGate {
  private static final Logger LOG = Logger.getLogger(QuestionGate.class);

  /** How long a question waits for others to end; it holds a worker meanwhile. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  /** Questions that wait for each that is worked on; more are refused at once. */
  private static final int WAITING_EACH = 4;

  private final Semaphore free;
  private final int mostWaiting;
  private final long timeoutMillis;
  private final long answerTimeoutMillis;
  private final Vertx vertx;

  QuestionGate(ReportingConfig config, Vertx vertx) {
    this.free = new Semaphore(config.maxQuestions(), true);
    this.mostWaiting = WAITING_EACH * config.maxQuestions();
    this.timeoutMillis = config.questionTimeout().toMillis();
    this.answerTimeoutMillis = config.answerTimeout().toMillis();
    this.vertx = vertx;
  }

  /**
   * Works on a question. Blocks.
   *
   * @throws ProblemException {@link ProblemCode#BUSY} if too many others are worked on, {@link
   *     ProblemCode#TOO_SLOW} if it takes too long
   */
  public <T> T ask(RoutingContext caller, Function<QueryCancellation, T> question) {
    enter();
    QueryCancellation cancellation = new QueryCancellation();
    long timer = vertx.setTimer(timeoutMillis, id -> cancel(cancellation));
    caller.addEndHandler(ended -> cancelIf(caller.response().closed(), cancellation));
    try {
      return question.apply(cancellation);
    } finally {
      vertx.cancelTimer(timer);
      free.release();
    }
  }

  private void enter() {
    try {
      if (free.getQueueLength() < mostWaiting
          && free.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw ProblemException.retryable(
        ProblemCode.BUSY,
        "Too many questions are being worked on. Ask again in a moment.",
        Duration.ofSeconds(2),
        null);
  }

  private void cancelIf(boolean closed, QueryCancellation cancellation) {
    if (closed) {
      cancel(cancellation);
    }
  }

  private void cancel(QueryCancellation cancellation) {
    vertx.executeBlocking(
        () -> {
          try {
            cancellation.cancel();
          } catch (SQLException e) {
            LOG.debugf(e, "a question could not be cancelled");
          }
          return null;
        },
        false);
  }

  /**
   * Runs what writes an answer; a caller who takes it too slowly is cut off, since the answer holds
   * memory.
   */
  <X extends Exception> void write(RoutingContext caller, Writing<X> writing) throws X {
    long timer = vertx.setTimer(answerTimeoutMillis, id -> caller.request().connection().close());
    try {
      writing.run();
    } finally {
      vertx.cancelTimer(timer);
    }
  }

  /** Writes an answer. */
  @FunctionalInterface
  interface Writing<X extends Exception> {
    void run() throws X;
  }
}
