package dev.tokenledger.standalone.product;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/** Well-behaved clients: each sends batch after batch, and every batch until it is acknowledged. */
final class Senders implements AutoCloseable {
  static final int BATCH = 20;
  private static final int SENDERS = 2;
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final Installation product;
  private final AtomicInteger acknowledged = new AtomicInteger();
  private final AtomicInteger repeated = new AtomicInteger();
  private final Set<Integer> statuses = ConcurrentHashMap.newKeySet();
  private final Set<String> refusedWithoutRetryAfter = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean ended = new AtomicBoolean();
  private final ExecutorService threads = Executors.newFixedThreadPool(SENDERS);
  private final List<Future<?>> senders = new ArrayList<>();

  Senders(Installation product, String prefix) {
    this.product = product;
    for (int i = 0; i < SENDERS; i++) {
      String sender = prefix + "-" + i + "-";
      senders.add(threads.submit(() -> send(sender)));
    }
  }

  private void send(String sender) {
    for (int n = 0; !ended.get(); n++) {
      String batch = sender + n + "-";
      while (!isAcknowledged(batch)) {
        repeated.incrementAndGet();
        LockSupport.parkNanos(PAUSE_NANOS);
      }
      acknowledged.incrementAndGet();
    }
  }

  private boolean isAcknowledged(String batch) {
    List<ObjectNode> events =
        IntStream.range(0, BATCH).mapToObj(i -> Events.call(batch + i, 10, 1)).toList();
    try {
      Api.Answer answer = product.ingest().report(events);
      statuses.add(answer.status());
      if (answer.status() != 202 && answer.retryAfter().isEmpty()) {
        refusedWithoutRetryAfter.add(answer.text());
      }
      return answer.status() == 202;
    } catch (IOException e) {
      // The connection died with whom it led to: whether the batch was taken is not known.
      return false;
    }
  }

  void awaitMore(int batches) throws Exception {
    int enough = acknowledged.get() + batches;
    Eventually.holds("batches are taken", PATIENCE, () -> acknowledged.get() >= enough);
  }

  /** Waits until what is on its way is acknowledged. */
  void end() throws Exception {
    ended.set(true);
    for (Future<?> sender : senders) {
      sender.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
  }

  long acknowledgedEvents() {
    return (long) acknowledged.get() * BATCH;
  }

  int repeated() {
    return repeated.get();
  }

  Set<Integer> statuses() {
    return Set.copyOf(statuses);
  }

  Set<String> refusedWithoutRetryAfter() {
    return Set.copyOf(refusedWithoutRetryAfter);
  }

  @Override
  public void close() {
    ended.set(true);
    threads.shutdownNow();
  }
}
