package dev.tokenledger.alerting.guard;

import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.reservation.Reservation;
import dev.tokenledger.alerting.reservation.ReservationStore;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.database.ServiceSession;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * Makes reservations durable before anybody hears of them. What arrives while a transaction is
 * committed goes into the next one together, so that a disk that takes a millisecond for a commit
 * takes thousands of reservations a second.
 */
@ApplicationScoped
public class ReservationWriter {
  private static final int MAX_WAITING = 10_000;

  private static final Duration LOOK_EVERY = Duration.ofMillis(200);

  private final Database database;
  private final ReservationStore store;
  private final BlockingQueue<Waiting> queue = new ArrayBlockingQueue<>(MAX_WAITING);
  private final Thread thread = new Thread(this::run, "reservations");
  private volatile boolean stopping;

  private record Waiting(ReservationStore.Decided decided, CompletableFuture<Boolean> done) {}

  ReservationWriter(AlertingStart start, ReservationStore store) {
    this.database = start.database();
    this.store = store;
  }

  void begin(@Observes StartupEvent event) {
    thread.start();
  }

  void end(@Observes ShutdownEvent event) throws InterruptedException {
    stopping = true;
    thread.join(TimeUnit.SECONDS.toMillis(10));
  }

  /**
   * Commits a reservation that was decided at an epoch.
   *
   * @return true once it is durable; false when the epoch is over, and nothing was written
   */
  public CompletionStage<Boolean> write(Reservation reservation, long epoch) {
    Waiting waiting =
        new Waiting(new ReservationStore.Decided(reservation, epoch), new CompletableFuture<>());
    if (stopping || !queue.offer(waiting)) {
      waiting.done.completeExceptionally(
          ProblemException.retryable(
              ProblemCode.QUEUE_FULL,
              "Too many reservations are under way. Try again in a moment.",
              Duration.ofSeconds(1),
              null));
    }
    return waiting.done;
  }

  private void run() {
    try (ServiceSession session = database.session()) {
      while (!stopping || !queue.isEmpty()) {
        Waiting first = queue.poll(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS);
        if (first != null) {
          List<Waiting> batch = new ArrayList<>();
          batch.add(first);
          queue.drainTo(batch, ReservationStore.MOST_AT_ONCE - 1);
          write(session, batch);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write(ServiceSession session, List<Waiting> batch) {
    boolean[] written;
    try {
      written =
          session.run(
              connection ->
                  store.insert(connection, batch.stream().map(Waiting::decided).toList()));
    } catch (RuntimeException e) {
      batch.forEach(waiting -> waiting.done.completeExceptionally(e));
      return;
    }
    for (int i = 0; i < written.length; i++) {
      batch.get(i).done.complete(written[i]);
    }
  }
}
