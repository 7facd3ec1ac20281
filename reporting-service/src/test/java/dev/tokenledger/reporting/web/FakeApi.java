package dev.tokenledger.reporting.web;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Serves the pages as the product does, and answers the reading API from a {@link Scenario} that a
 * test changes at will. The page is what is tested; that the real API answers so is tested with it.
 */
final class FakeApi implements AutoCloseable {
  static final String KEY = "tl_read_key";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "svg", "image/svg+xml");

  /**
   * What the ledger holds.
   *
   * @param calls model calls of the period; none leaves the period empty
   * @param everReported whether anything was ever accepted
   * @param failure status of a problem that all questions end with, or 0
   */
  record Scenario(
      long calls,
      boolean everReported,
      boolean stale,
      long unpriced,
      List<String> agents,
      List<String> models,
      int failure) {
    static Scenario busy() {
      return new Scenario(
          18_204,
          true,
          false,
          0,
          List.of("support-bot", "code-review", "(none)", "research-assistant", "triage"),
          List.of("gpt-4o", "claude-sonnet-4-5", "gemini-2.5-flash", "gpt-4o-mini"),
          0);
    }

    Scenario calls(long count) {
      return new Scenario(count, everReported, stale, unpriced, agents, models, failure);
    }

    Scenario neverReported() {
      return new Scenario(0, false, stale, unpriced, agents, models, failure);
    }

    Scenario becameStale() {
      return new Scenario(calls, everReported, true, unpriced, agents, models, failure);
    }

    Scenario unpriced(long count) {
      return new Scenario(calls, everReported, stale, count, agents, models, failure);
    }

    Scenario agents(String... names) {
      return new Scenario(calls, everReported, stale, unpriced, List.of(names), models, failure);
    }

    Scenario failing(int status) {
      return new Scenario(calls, everReported, stale, unpriced, agents, models, status);
    }
  }

  private final HttpServer server;
  private final ExecutorService workers = Executors.newFixedThreadPool(8);
  private final Queue<String> requests = new ConcurrentLinkedQueue<>();
  private volatile Scenario scenario = Scenario.busy();

  FakeApi() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::handle);
    server.setExecutor(workers);
    server.start();
  }

  String origin() {
    return "http://localhost:" + server.getAddress().getPort();
  }

  void show(Scenario next) {
    scenario = next;
  }

  /** Method, address and body of what was asked of the API, in order. */
  List<String> requests() {
    return List.copyOf(requests);
  }

  @Override
  public void close() {
    server.stop(0);
    workers.shutdownNow();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      if (path.startsWith("/v1/")) {
        api(exchange, path);
      } else {
        file(exchange, path);
      }
    }
  }

  private static void file(HttpExchange exchange, String path) throws IOException {
    String name = path.endsWith("/") ? path + "index.html" : path;
    try (InputStream file = FakeApi.class.getResourceAsStream("/META-INF/resources" + name)) {
      if (file == null) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      PageHeaders.of(path).forEach(exchange.getResponseHeaders()::set);
      String extension = name.substring(name.lastIndexOf('.') + 1);
      exchange.getResponseHeaders().set("Content-Type", TYPES.get(extension));
      exchange.sendResponseHeaders(200, 0);
      file.transferTo(exchange.getResponseBody());
    }
  }

  private void api(HttpExchange exchange, String path) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    requests.add(
        exchange.getRequestMethod()
            + " "
            + exchange.getRequestURI()
            + " "
            + new String(body, "UTF-8"));
    Scenario now = scenario;
    String authorization = exchange.getRequestHeaders().getFirst("Authorization");
    if (!("Bearer " + KEY).equals(authorization)) {
      problem(exchange, 401, "unauthenticated", "Send a valid API key.");
    } else if (now.failure >= 500) {
      problem(exchange, now.failure, "store_unavailable", "The ledger cannot be read.");
    } else if (now.failure != 0) {
      problem(exchange, now.failure, "invalid_parameter", "'timezone' must be an IANA name.");
    } else if (path.equals("/v1/analytics/overview")) {
      answer(exchange, 200, "application/json", overview(now));
    } else if (path.equals("/v1/analytics/query")) {
      answer(exchange, 200, "application/json", query(now, JSON.readTree(body)));
    } else {
      ObjectNode values = JSON.createObjectNode();
      List<String> names = path.contains("/agent/") ? now.agents : now.models;
      names.forEach(values.putArray("values")::add);
      answer(exchange, 200, "application/json", values);
    }
  }

  private static void problem(HttpExchange exchange, int status, String code, String detail)
      throws IOException {
    ObjectNode problem = JSON.createObjectNode();
    problem.put("title", "The request failed").put("status", status);
    problem.put("detail", detail).put("code", code);
    answer(exchange, status, "application/problem+json", problem);
  }

  private static void answer(HttpExchange exchange, int status, String type, JsonNode body)
      throws IOException {
    byte[] bytes = JSON.writeValueAsBytes(body);
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private static ObjectNode overview(Scenario scenario) {
    Instant end = Instant.now().truncatedTo(ChronoUnit.MINUTES).plus(Duration.ofMinutes(1));
    ObjectNode answer = JSON.createObjectNode();
    answer.set("period", period(end.minus(Duration.ofHours(24)), end));
    answer.set("freshness", freshness(scenario));
    answer.set("totals", totals(scenario, scenario.calls));
    answer.set("previous", totals(scenario, scenario.calls * 9 / 10));
    ObjectNode projection = answer.putObject("projection");
    projection.put("month_end", end.plus(Duration.ofDays(10)).toString());
    projection.put("month_to_date_usd", "2411.094000000").put("cost_usd", "3610.220000000");
    projection.put("low_usd", "3420.000000000").put("high_usd", "3801.000000000");
    projection.put("based_on_days", 28);
    return answer;
  }

  private static ObjectNode totals(Scenario scenario, long calls) {
    ObjectNode totals = JSON.createObjectNode();
    totals.put("model_calls", calls).put("agent_runs", calls / 7).put("errors", calls / 90);
    if (calls == 0) {
      totals.putNull("success_rate");
    } else {
      totals.put("success_rate", 0.9894);
    }
    totals.put("input_tokens", calls * 2_310).put("output_tokens", calls * 412);
    totals.put("cached_input_tokens", calls * 1_107);
    totals.put("cost_usd", usd(calls, "0.007142857")).put("unpriced_calls", scenario.unpriced);
    ObjectNode latency = totals.putObject("latency_ms");
    for (String name : List.of("avg", "p50", "p95", "p99")) {
      if (calls == 0) {
        latency.putNull(name);
      } else {
        latency.put(
            name, Map.of("avg", 1_204.2, "p50", 911.4, "p95", 3_480.9, "p99", 8_115.0).get(name));
      }
    }
    totals.put("active_agents", calls == 0 ? 0 : scenario.agents.size());
    totals.put("active_users", calls == 0 ? 0 : 214);
    return totals;
  }

  private static ObjectNode query(Scenario scenario, JsonNode question) {
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode rows = answer.putArray("rows");
    String granularity = question.path("granularity").asText("none");
    Duration bucket =
        switch (granularity) {
          case "minute" -> Duration.ofMinutes(1);
          case "hour" -> Duration.ofHours(1);
          default -> Duration.ofDays(1);
        };
    ZonedDateTime local = Instant.now().atZone(ZoneId.of(question.path("timezone").asText("UTC")));
    // Every bucket is as long as the others here: no test stands on a change of the clocks.
    Instant last =
        granularity.equals("day")
            ? local.truncatedTo(ChronoUnit.DAYS).toInstant()
            : Instant.ofEpochSecond(
                local.toEpochSecond() / bucket.toSeconds() * bucket.toSeconds());
    int buckets = granularity.equals("minute") ? 60 : granularity.equals("hour") ? 25 : 31;
    if (question.path("dimensions").isEmpty()) {
      for (int i = 0; i < buckets; i++) {
        // A day's swing, with a gap in which nothing happened.
        if (i % 25 == 4 || i % 25 == 5) {
          continue;
        }
        long calls = Math.round(scenario.calls / 25.0 * (1 + 0.7 * Math.sin(i / 3.6)));
        Instant time = last.minus(bucket.multipliedBy(buckets - 1 - i));
        rows.add(measures(scenario, calls).put("time", time.toString()));
      }
    } else {
      String dimension = question.path("dimensions").get(0).asText();
      List<String> names = dimension.equals("agent") ? scenario.agents : scenario.models;
      long calls = scenario.calls;
      for (String name : names) {
        calls = calls * 5 / 9;
        rows.add(measures(scenario, calls).put(dimension, name));
      }
    }
    // As the real API does: the period begins where it was asked to, within its first bucket.
    Instant start = last.minus(bucket.multipliedBy(buckets - 1)).plus(bucket.dividedBy(2));
    answer.set("period", period(start, last.plus(bucket)));
    answer.put("cuboid", "project_total").putArray("warnings");
    answer.set("freshness", freshness(scenario));
    return answer;
  }

  private static ObjectNode measures(Scenario scenario, long calls) {
    ObjectNode row = JSON.createObjectNode();
    row.put("model_calls", calls)
        .put("errors", calls / 90)
        .put("cost_usd", usd(calls, "0.007142857"));
    row.put("input_tokens", calls * 2_310).put("output_tokens", calls * 412);
    row.put("total_tokens", calls * 2_722).put("success_rate", 0.985 + calls % 13 / 1_000.0);
    row.put("error_rate", 0.0106).put("latency_ms.p95", 3_000.0 + calls % 700);
    row.put("unpriced_calls", scenario.unpriced);
    return row;
  }

  private static ObjectNode period(Instant start, Instant end) {
    ObjectNode period = JSON.createObjectNode();
    return period.put("start", start.toString()).put("end", end.toString()).put("timezone", "UTC");
  }

  private static ObjectNode freshness(Scenario scenario) {
    ObjectNode freshness = JSON.createObjectNode();
    if (!scenario.everReported) {
      return freshness.putNull("data_through").put("lag_seconds", 0.0).put("stale", false);
    }
    double lag = scenario.stale ? 194.0 : 0.4;
    Instant through = Instant.now().minusMillis((long) (lag * 1_000));
    return freshness
        .put("data_through", through.toString())
        .put("lag_seconds", lag)
        .put("stale", scenario.stale);
  }

  private static String usd(long calls, String price) {
    return new BigDecimal(price).multiply(BigDecimal.valueOf(calls)).setScale(9).toPlainString();
  }
}
