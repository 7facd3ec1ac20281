package dev.tokenledger.bench.load;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import org.HdrHistogram.Histogram;

/**
 * Asks whether calls may be made, each with a reservation that is committed before the answer, in
 * an open loop.
 */
public final class AuthorizationBench {
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
    OpenLoop.Result result =
        OpenLoop.run(url, question(agent), connections, perSecond, LEAD_IN, duration);
    send("DELETE", "/v1/budgets/" + budget, "");
    return report(result);
  }

  /** Puts the same questions to a service that needs no budget. */
  public Report ask(int perSecond, Duration duration) throws IOException, InterruptedException {
    return report(OpenLoop.run(url, question("bench"), connections, perSecond, LEAD_IN, duration));
  }

  private static Report report(OpenLoop.Result result) {
    Histogram latencies = result.latencies();
    return new Report(latencies.getTotalCount(), latencies, result.errors());
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
}
