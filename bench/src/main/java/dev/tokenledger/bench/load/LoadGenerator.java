package dev.tokenledger.bench.load;

import dev.tokenledger.bench.traffic.Call;
import dev.tokenledger.bench.traffic.Traffic;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Sends events as fast as asked and measures what comes back. Requests are made before the run;
 * each connection has a thread that writes and reads its socket directly, so that the generator
 * takes as little as possible of the machine it shares with what it measures.
 */
public final class LoadGenerator {
  /** Different events that are sent over and over, under new ids and in new sessions. */
  private static final int DIFFERENT_EVENTS = 40_000;

  private static final long LONGEST_LATENCY_NANOS = TimeUnit.MINUTES.toNanos(2);
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** After an answer that refuses, as a client that behaves would do. */
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final LoadPlan plan;
  private final List<PreparedRequest> payloads = new ArrayList<>();
  private final long sessionsInPass;

  /** In the upper half of all ids of this run, so that two runs never share one. */
  private final long run = ThreadLocalRandom.current().nextLong() & 0xffff_fff0_0000_0000L;

  private final AtomicLong nextRequest = new AtomicLong();
  private final AtomicLong sent = new AtomicLong();
  private final AtomicLong accepted = new AtomicLong();
  private final AtomicLong lastAnswerNanos = new AtomicLong();
  private final AtomicInteger sending = new AtomicInteger();
  private final Map<String, Long> errors = new ConcurrentHashMap<>();
  private final Histogram latencies = new ConcurrentHistogram(LONGEST_LATENCY_NANOS, 3);

  public LoadGenerator(LoadPlan plan) {
    this.plan = plan;
    Traffic traffic = new Traffic(42, plan.lengths());
    String host = plan.url().getHost() + ":" + plan.url().getPort();
    int count = Math.max(1, DIFFERENT_EVENTS / plan.eventsPerRequest());
    for (int i = 0; i < count; i++) {
      List<Call> calls = new ArrayList<>(plan.eventsPerRequest());
      for (int e = 0; e < plan.eventsPerRequest(); e++) {
        calls.add(traffic.next());
      }
      payloads.add(prepare(host, calls));
    }
    this.sessionsInPass = traffic.sessions();
  }

  private PreparedRequest prepare(String host, List<Call> calls) {
    return plan.wire() == Wire.NATIVE
        ? Payload.of(host, plan.key(), calls)
        : SpanPayload.of(host, plan.key(), plan.wire() == Wire.OTLP_JSON, calls);
  }

  /** Bytes of the average request's body and header for each event. */
  public double bytesPerEvent() {
    return payloads.stream().mapToInt(PreparedRequest::length).average().orElseThrow()
        / plan.eventsPerRequest();
  }

  /**
   * Runs once.
   *
   * @param settled asked until all that was accepted is settled; null not to wait for it
   * @param probe asked to measure visibility meanwhile; null not to
   */
  public LoadReport run(@Nullable SettledCount settled, @Nullable VisibilityProbe probe)
      throws IOException, InterruptedException {
    @Nullable SettleWatch watch = settled == null ? null : new SettleWatch(settled);
    List<Thread> threads = new ArrayList<>();
    sending.set(plan.connections());
    long start = System.nanoTime();
    lastAnswerNanos.set(start);
    long end = start + plan.duration().toNanos();
    for (int i = 0; i < plan.connections(); i++) {
      Thread thread = new Thread(() -> send(start, end), "load-" + i);
      thread.setDaemon(true);
      thread.start();
      threads.add(thread);
    }
    if (probe != null) {
      probe.start(accepted);
    }
    LoadReport.@Nullable Settled result =
        watch == null ? null : watch.await(start, accepted, () -> isSending(probe), PATIENCE);
    for (Thread thread : threads) {
      thread.join();
    }
    @Nullable Histogram visible = probe == null ? null : probe.finish();
    return new LoadReport(
        sent.get(),
        accepted.get(),
        errors,
        (lastAnswerNanos.get() - start) / 1e9,
        latencies,
        result,
        visible);
  }

  private boolean isSending(@Nullable VisibilityProbe probe) {
    return sending.get() > 0 || probe != null && probe.endSending();
  }

  private void send(long start, long end) {
    byte[] buffer =
        new byte[payloads.stream().mapToInt(PreparedRequest::length).max().orElseThrow()];
    @Nullable HttpConnection connection = null;
    try {
      while (true) {
        long number = nextRequest.getAndIncrement();
        long due = due(start, number);
        if (due > end) {
          return;
        }
        while (System.nanoTime() < due) {
          LockSupport.parkNanos(due - System.nanoTime());
        }
        PreparedRequest payload = payloads.get((int) (number % payloads.size()));
        payload.write(
            buffer,
            run,
            number * plan.eventsPerRequest(),
            number / payloads.size() * sessionsInPass,
            System.currentTimeMillis());
        long from = plan.eventsPerSecond() == 0 ? System.nanoTime() : due;
        try {
          if (connection == null) {
            connection = new HttpConnection(plan.url());
          }
          sent.addAndGet(payload.events());
          HttpConnection.Answer answer = connection.exchange(buffer, payload.length());
          answered(from, answer);
        } catch (IOException e) {
          errors.merge(e.getClass().getSimpleName(), 1L, Long::sum);
          close(connection);
          connection = null;
          LockSupport.parkNanos(PAUSE_NANOS);
        }
      }
    } finally {
      close(connection);
      sending.decrementAndGet();
    }
  }

  /** When a request is to be sent; in a closed loop at once. */
  private long due(long start, long number) {
    if (plan.eventsPerSecond() == 0) {
      return System.nanoTime();
    }
    return start
        + (long) (number * (double) plan.eventsPerRequest() / plan.eventsPerSecond() * 1e9);
  }

  private void answered(long from, HttpConnection.Answer answer) {
    long now = System.nanoTime();
    lastAnswerNanos.accumulateAndGet(now, Math::max);
    // OTLP answers 200 and names what it refused.
    boolean spans = plan.wire() != Wire.NATIVE;
    if (answer.status() != (spans ? 200 : 202)) {
      errors.merge(Integer.toString(answer.status()), 1L, Long::sum);
      LockSupport.parkNanos(PAUSE_NANOS);
      return;
    }
    latencies.recordValue(Math.min(now - from, LONGEST_LATENCY_NANOS));
    int taken =
        spans ? Math.max(0, plan.eventsPerRequest() - answer.rejectedSpans()) : answer.accepted();
    accepted.addAndGet(taken);
    if (taken < plan.eventsPerRequest()) {
      errors.merge("rejected events", (long) (plan.eventsPerRequest() - taken), Long::sum);
    }
  }

  private static void close(@Nullable HttpConnection connection) {
    if (connection != null) {
      try {
        connection.close();
      } catch (IOException e) {
        // It is broken already; that was counted.
        return;
      }
    }
  }
}
