package dev.tokenledger.platform.lifecycle;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The start-up work of one service that needs other systems, such as migrating its schema. It runs
 * on a thread of its own, again and again with growing pauses until it succeeds, so that services
 * and stores may be started in any order; until then the service is up but not ready.
 */
public final class ServiceStart {
  private static final Logger LOG = Logger.getLogger(ServiceStart.class);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  /**
   * Start-up work; it may have been carried out in part before and must bear that. Throws {@link
   * NotYetException} where waiting is nothing to worry about.
   */
  @FunctionalInterface
  public interface Work {
    void run() throws Exception;
  }

  private final String service;
  private final Work work;
  private final Thread thread;

  private volatile boolean done;
  private volatile boolean stopping;
  private volatile @Nullable String failure;

  public ServiceStart(String service, Work work) {
    this.service = service;
    this.work = work;
    this.thread = new Thread(this::run, service + "-start");
    this.thread.setDaemon(true);
  }

  public void begin() {
    thread.start();
  }

  /** Gives up if the work has not succeeded yet, and waits for the thread to end. */
  public void cancel() {
    stopping = true;
    thread.interrupt();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  public boolean isDone() {
    return done;
  }

  /** The readiness of the service's start, with the reason of the last failure. */
  public HealthCheckResponse health() {
    var response = HealthCheckResponse.named(service + " started").status(done);
    String reason = failure;
    if (!done && reason != null) {
      response.withData("reason", reason);
    }
    return response.build();
  }

  private void run() {
    Duration pause = FIRST_PAUSE;
    while (!stopping) {
      try {
        work.run();
        done = true;
        LOG.infof("%s started", service);
        return;
      } catch (InterruptedException e) {
        return;
      } catch (NotYetException e) {
        String reason = "waits for " + e.getMessage();
        if (!reason.equals(failure)) {
          LOG.infof("%s %s", service, reason);
        }
        failure = reason;
      } catch (Exception e) {
        String reason = e.getClass().getSimpleName() + ": " + e.getMessage();
        // The same failure again and again is one line in the log, not hundreds.
        if (!reason.equals(failure)) {
          LOG.warnf("%s cannot start yet, will try again: %s", service, reason);
          LOG.debugf(e, "start of %s", service);
        }
        failure = reason;
      }
      try {
        Thread.sleep(pause.toMillis());
      } catch (InterruptedException e) {
        return;
      }
      pause = pause.multipliedBy(2);
      pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
    }
  }
}
