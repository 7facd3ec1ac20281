package dev.tokenledger.bench.load;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tokenledger.bench.traffic.Call;
import dev.tokenledger.bench.traffic.TokenLengths;
import dev.tokenledger.bench.traffic.Traffic;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sends what whoever begins with the product sends first: a history, as fast as it is taken, to a
 * service that has just started. A sparse history makes many rows of rollups for each event. Used
 * once.
 */
public final class HistoryBench {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int SENDERS = 4;
  private static final int TOO_BUSY = 503;

  /** How long a request is tried, and how long settling may take after the last. */
  private static final Duration PATIENCE = Duration.ofMinutes(20);

  /** What is sent. */
  public enum History {
    NOW("events of this moment", 150_000, 500),
    YEAR_BY_DAY("a year, day after day", 146_000, 400),
    MONTH_AT_RANDOM("thirty days in random order", 150_000, 2_000),
    TRACES("traces of one span each, OTLP JSON", 100_000, 500);

    private final String title;
    private final int events;
    private final int eventsPerRequest;

    History(String title, int events, int eventsPerRequest) {
      this.title = title;
      this.events = events;
      this.eventsPerRequest = eventsPerRequest;
    }

    public String title() {
      return title;
    }

    public int events() {
      return events;
    }

    /** How far back its events go. */
    public Duration age() {
      return switch (this) {
        case NOW, TRACES -> Duration.ofMinutes(1);
        case MONTH_AT_RANDOM -> Duration.ofDays(30);
        case YEAR_BY_DAY -> Duration.ofDays(365);
      };
    }
  }

  /**
   * What came of it.
   *
   * @param acceptedSeconds from the first request to the last answer
   * @param settledSeconds from the first request until everything was settled
   * @param refusals answers that asked to come back later
   */
  public record Result(double acceptedSeconds, double settledSeconds, int refusals) {}

  private final URI url;
  private final String key;
  private final History history;
  private final Traffic traffic;
  private final SplittableRandom random = new SplittableRandom(11);
  private final Instant end = Instant.now().minusSeconds(30);
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final AtomicInteger refusals = new AtomicInteger();
  private int made;

  public HistoryBench(URI url, String key, History history, TokenLengths lengths) {
    this.url = url;
    this.key = key;
    this.history = history;
    this.traffic = new Traffic(42, lengths);
  }

  /**
   * @throws IOException if an event is not accepted, or not settled in time
   */
  public Result run(SettledCount count) throws IOException, InterruptedException {
    SettleWatch watch = new SettleWatch(count);
    AtomicLong accepted = new AtomicLong();
    AtomicLong lastAnswer = new AtomicLong();
    ExecutorService senders = Executors.newFixedThreadPool(SENDERS);
    long start = System.nanoTime();
    List<Future<Void>> ends = new ArrayList<>();
    for (int i = 0; i < SENDERS; i++) {
      ends.add(
          senders.submit(
              () -> {
                for (byte[] body = next(); body.length > 0; body = next()) {
                  accepted.addAndGet(send(body));
                  lastAnswer.accumulateAndGet(System.nanoTime(), Math::max);
                }
                return null;
              }));
    }
    senders.shutdown();
    LoadReport.Settled settled =
        watch.await(start, accepted, () -> !senders.isTerminated(), PATIENCE);
    for (Future<Void> one : ends) {
      try {
        one.get();
      } catch (ExecutionException e) {
        throw new IOException("a sender failed", e);
      }
    }
    if (!settled.complete() || accepted.get() != history.events) {
      throw new IOException(
          "of " + history.events + " events " + accepted + " were accepted, " + settled);
    }
    return new Result((lastAnswer.get() - start) / 1e9, settled.seconds(), refusals.get());
  }

  private int send(byte[] body) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(url.resolve(history == History.TRACES ? "/v1/traces" : "/v1/events"))
            .header("Authorization", "Bearer " + key)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build();
    long giveUp = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() == TOO_BUSY && System.nanoTime() < giveUp) {
        refusals.incrementAndGet();
        TimeUnit.SECONDS.sleep(answer.headers().firstValueAsLong("Retry-After").orElse(1));
        continue;
      }
      if (history == History.TRACES) {
        boolean whole =
            answer.statusCode() == 200
                && JSON.readTree(answer.body())
                        .path("partialSuccess")
                        .path("rejectedSpans")
                        .asInt(0)
                    == 0;
        if (whole) {
          return history.eventsPerRequest;
        }
      } else if (answer.statusCode() == 202) {
        return JSON.readTree(answer.body()).path("accepted").asInt();
      }
      throw new IOException("answered " + answer.statusCode() + ": " + answer.body());
    }
  }

  /** The next request; empty after the last. */
  private synchronized byte[] next() throws IOException {
    if (made == history.events) {
      return new byte[0];
    }
    int size = Math.min(history.eventsPerRequest, history.events - made);
    List<Call> calls = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      calls.add(traffic.next());
    }
    byte[] body =
        JSON.writeValueAsBytes(history == History.TRACES ? spans(calls) : events(calls, size));
    made += size;
    return body;
  }

  private ArrayNode events(List<Call> calls, int size) {
    ArrayNode events = JSON.createArrayNode();
    for (int i = 0; i < size; i++) {
      events.add(event(calls.get(i), made + i));
    }
    return events;
  }

  private ObjectNode event(Call call, int number) {
    ObjectNode event =
        JSON.createObjectNode()
            .put("id", "history-" + number)
            .put("time", time(number).toString())
            .put("environment", "production")
            .put("agent", call.agent())
            .put("feature", call.feature())
            .put("user", call.user())
            .put("session", "s-" + call.session())
            .put("latency_ms", call.latencyMillis())
            .put("status", call.errorType() == null ? "success" : "failure");
    if (call.errorType() != null) {
      event.put("error_type", call.errorType());
    }
    if (call.team() != null) {
      event.putObject("tags").put("team", call.team());
    }
    if (call.kind() == Call.Kind.AGENT_RUN) {
      return event.put("type", "agent_run").put("task", "resolve");
    }
    event
        .put("type", "model_call")
        .put("provider", call.provider())
        .put("model", call.model())
        .putObject("usage")
        .put("input_tokens", call.inputTokens())
        .put("output_tokens", call.outputTokens())
        .put("cached_input_tokens", call.cachedTokens());
    return event;
  }

  private Instant time(int number) {
    long day = TimeUnit.DAYS.toMillis(1);
    return switch (history) {
      case NOW, TRACES -> end.minusMillis(random.nextLong(30_000));
      case MONTH_AT_RANDOM -> end.minusMillis(random.nextLong(30 * day));
      case YEAR_BY_DAY ->
          end.minusMillis((364 - number / history.eventsPerRequest) * day + random.nextLong(day));
    };
  }

  private ObjectNode spans(List<Call> calls) {
    ObjectNode request = JSON.createObjectNode();
    ArrayNode spans =
        request
            .putArray("resourceSpans")
            .addObject()
            .putArray("scopeSpans")
            .addObject()
            .putArray("spans");
    for (int i = 0; i < calls.size(); i++) {
      Call call = calls.get(i);
      Instant ended = time(made + i);
      ObjectNode span =
          spans
              .addObject()
              .put("traceId", String.format("%032x", 1L + made + i))
              .put("spanId", String.format("%016x", 1L + made + i))
              .put("name", "chat")
              .put("startTimeUnixNano", nanos(ended.minusMillis(call.latencyMillis())))
              .put("endTimeUnixNano", nanos(ended));
      ArrayNode attributes = span.putArray("attributes");
      attribute(attributes, "gen_ai.operation.name", "chat");
      attribute(attributes, "gen_ai.provider.name", "openai");
      attribute(attributes, "gen_ai.request.model", "gpt-4o");
      attribute(attributes, "gen_ai.agent.name", call.agent());
      attribute(attributes, "user.id", call.user());
      attributes
          .addObject()
          .put("key", "gen_ai.usage.input_tokens")
          .putObject("value")
          .put("intValue", Integer.toString(call.inputTokens()));
    }
    return request;
  }

  private static void attribute(ArrayNode attributes, String key, String value) {
    attributes.addObject().put("key", key).putObject("value").put("stringValue", value);
  }

  private static String nanos(Instant time) {
    return Long.toString(time.toEpochMilli() * 1_000_000L);
  }
}
