package dev.tokenledger.bench.load;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Asks whether calls may be made, each with a reservation that is committed before the answer, in
 * an open loop: a latency counts from when its question was due, so that a pause of the service is
 * felt by all questions that fall into it.
 */
public final class AuthorizationBench {
  private static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(1);

  private static final Duration LEAD_IN = Duration.ofSeconds(3);

  private final URI url;
  private final String adminKey;
  private final String ingestKey;
  private final int connections;

  public AuthorizationBench(URI url, String adminKey, String ingestKey, int connections) {
    this.url = url;
    this.adminKey = adminKey;
    this.ingestKey = ingestKey;
    this.connections = connections;
  }

  /**
   * What came back.
   *
   * @param latencies of the answers, in nanoseconds
   * @param errors how often each failure occurred
   */
  public record Report(long asked, Histogram latencies, Map<String, Long> errors) {
    public String text() {
      return String.format(
          "%,d questions: p50 %.1f ms, p95 %.1f ms, p99 %.1f ms, max %.1f ms, errors %s",
          asked,
          latencies.getValueAtPercentile(50) / 1e6,
          latencies.getValueAtPercentile(95) / 1e6,
          latencies.getValueAtPercentile(99) / 1e6,
          latencies.getMaxValue() / 1e6,
          errors.isEmpty() ? "none" : errors);
    }
  }

  /**
   * Makes a hard stop large enough for the run, asks, and deletes it. The answers of the first
   * seconds are not counted: the budget is put in force then, and the generator's own code
   * compiled.
   *
   * @param perSecond questions a second
   */
  public Report run(int perSecond, Duration duration) throws IOException, InterruptedException {
    String agent = "bench-" + UUID.randomUUID();
    String budget = createBudget(agent);
    Histogram latencies = new ConcurrentHistogram(LONGEST_NANOS, 3);
    Map<String, Long> errors = new ConcurrentHashMap<>();
    AtomicLong next = new AtomicLong();
    byte[] request = question(agent);
    long start = System.nanoTime();
    long counted = start + LEAD_IN.toNanos();
    long end = counted + duration.toNanos();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      Thread thread =
          new Thread(
              () -> ask(request, next, start, counted, end, perSecond, latencies, errors),
              "ask-" + i);
      thread.setDaemon(true);
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    send("DELETE", "/v1/budgets/" + budget, "");
    return new Report(latencies.getTotalCount(), latencies, Map.copyOf(errors));
  }

  private void ask(
      byte[] request,
      AtomicLong next,
      long start,
      long counted,
      long end,
      int perSecond,
      Histogram latencies,
      Map<String, Long> errors) {
    @Nullable HttpConnection connection = null;
    while (true) {
      long due = start + (long) (next.getAndIncrement() * 1e9 / perSecond);
      if (due > end) {
        close(connection);
        return;
      }
      while (System.nanoTime() < due) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
      try {
        if (connection == null) {
          connection = new HttpConnection(url);
        }
        HttpConnection.Answer answer = connection.exchange(request, request.length);
        if (answer.status() == 200) {
          if (due >= counted) {
            latencies.recordValue(Math.min(System.nanoTime() - due, LONGEST_NANOS));
          }
        } else {
          errors.merge(Integer.toString(answer.status()), 1L, Long::sum);
        }
      } catch (IOException e) {
        errors.merge(e.getClass().getSimpleName(), 1L, Long::sum);
        close(connection);
        connection = null;
      }
    }
  }

  private byte[] question(String agent) {
    String body =
        "{\"agent\":\""
            + agent
            + "\",\"provider\":\"openai\",\"model\":\"gpt-4o\",\"max_input_tokens\":1000,"
            + "\"max_output_tokens\":200,\"reserve\":true,\"lease_seconds\":30}";
    return ("POST /v1/budgets/authorize HTTP/1.1\r\nHost: "
            + url.getHost()
            + ":"
            + url.getPort()
            + "\r\nAuthorization: Bearer "
            + ingestKey
            + "\r\nContent-Type: application/json\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body)
        .getBytes(StandardCharsets.US_ASCII);
  }

  private String createBudget(String agent) throws IOException, InterruptedException {
    String made =
        send(
            "POST",
            "/v1/budgets",
            "{\"name\":\"bench\",\"scope\":{\"agent\":\""
                + agent
                + "\"},\"amount_usd\":\"1000000\",\"period\":\"daily\",\"type\":\"hard_stop\"}");
    int at = made.indexOf("\"id\":\"") + "\"id\":\"".length();
    return made.substring(at, made.indexOf('"', at));
  }

  private String send(String method, String path, String body)
      throws IOException, InterruptedException {
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(url.resolve(path))
                    .header("Authorization", "Bearer " + adminKey)
                    .header("Content-Type", "application/json")
                    .method(method, BodyPublishers.ofString(body))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() >= 300) {
      throw new IOException(method + " " + path + " was answered with " + answer.statusCode());
    }
    return answer.body();
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
