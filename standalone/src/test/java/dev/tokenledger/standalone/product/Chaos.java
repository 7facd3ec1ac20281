package dev.tokenledger.standalone.product;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.temporal.ChronoUnit.MINUTES;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Kills processes with SIGKILL, in turn and then at random, at random moments under load, often
 * before the last victim has recovered, and then proves that what was acknowledged is there once:
 * accepted = stored = rolled up = Redis, with one webhook for each threshold of a budget.
 *
 * <p>The number of kills is the system property {@code tokenledger.chaos.kills}; the seed is in
 * every message and can be set with {@code tokenledger.chaos.seed}.
 *
 * @param <I> the product in one of its shapes
 */
abstract class Chaos<I extends Installation> {
  private static final long SEED =
      Long.getLong("tokenledger.chaos.seed", System.nanoTime() & 0xFFFFFF);
  private static final int SENDERS = 4;
  private static final int BATCH = 50;

  /**
   * Between a sender's batches. Work is always under way; but what is sent during hundreds of kills
   * must be added up in the end, and settled by a product that is down half of the time.
   */
  private static final Duration PAUSE = Duration.ofMillis(100);

  /** Every so many batches one is sent again. */
  private static final int REPEAT_EVERY = 10;

  private static final long INPUT_TOKENS = 1_000;
  private static final long OUTPUT_TOKENS = 10;

  private static final BigInteger TRACES = BigInteger.TWO.pow(128);

  /** gpt-4o at $2.50 and $10 a million tokens. */
  private static final long COST_NANOS = INPUT_TOKENS * 2_500 + OUTPUT_TOKENS * 10_000;

  /** Something that can be killed, and comes back by itself or was started again. */
  interface Victim {
    /**
     * @return false if it did not live just now
     */
    boolean kill() throws Exception;
  }

  private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();

  /** Calls in traces, and the agents' runs above them. */
  private final AtomicLong spanCalls = new AtomicLong();

  private final AtomicLong agentRuns = new AtomicLong();

  /** How often a webhook came, by its type and id. */
  private final Map<String, Integer> received = new TreeMap<>();

  private final AtomicBoolean stop = new AtomicBoolean();
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();

  /** An installation of the test's own. */
  abstract I start() throws Exception;

  /** What can be killed, by name. */
  abstract Map<String, Victim> victims(I product);

  @Test
  void whatWasAcknowledgedIsCountedOnceWhateverIsKilled() throws Exception {
    HttpServer receiver = receiver();
    try (I product = start()) {
      watchSpending(product, receiver.getAddress().getPort());
      List<Thread> senders = new ArrayList<>();
      for (int i = 0; i < SENDERS; i++) {
        int sender = i;
        Thread thread = new Thread(() -> send(product.ingest(), sender), "sender-" + i);
        thread.start();
        senders.add(thread);
      }
      Map<String, Integer> killed = kill(product);
      stop.set(true);
      for (Thread sender : senders) {
        sender.join(TimeUnit.MINUTES.toMillis(3));
        assertThat(sender.isAlive()).as("a sender gets through in the end").isFalse();
      }
      assertThat(failures).isEmpty();
      prove(product, killed);
    } finally {
      stop.set(true);
      receiver.stop(0);
    }
  }

  private Map<String, Integer> kill(I product) throws Exception {
    Random random = new Random(SEED);
    Map<String, Victim> victims = victims(product);
    List<String> names = List.copyOf(victims.keySet());
    int kills = Integer.getInteger("tokenledger.chaos.kills", names.size() + 2);
    Map<String, Integer> killed = new TreeMap<>();
    for (int i = 0; i < kills; ) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300 + random.nextInt(1_500)));
      // Each once, then at random.
      String name = names.get(i < names.size() ? i : random.nextInt(names.size()));
      if (victims.get(name).kill()) {
        killed.merge(name, 1, Integer::sum);
        i++;
      }
      if (i == kills || random.nextInt(3) > 0) {
        awaitReady(product);
      }
      if (i % 50 == 0) {
        System.out.printf(
            "%tT killed %s, %d acknowledged%n", new Date(), killed, acknowledged.size());
      }
    }
    return killed;
  }

  private void awaitReady(I product) throws Exception {
    Eventually.holds(
        "who was killed is back, seed " + SEED,
        Duration.ofSeconds(90),
        () -> {
          try {
            return product.api("").isReady()
                && product.admin().get("/v1/ledger/reconciliation").status() == 200;
          } catch (IOException e) {
            return false;
          }
        });
  }

  /** Ends the sessions of the ledger's writer. */
  static Victim sessions(Installation product) {
    return () -> {
      try {
        return !product
            .ledger()
            .rows(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    + " WHERE usename = 'tokenledger_aggregation'")
            .isEmpty();
      } catch (SQLException e) {
        // Postgres was killed before and is not back yet.
        return false;
      }
    };
  }

  /** A request that is sent until it is acknowledged. */
  private interface Attempt {
    boolean isAcknowledged() throws IOException;
  }

  /**
   * Sends request after request, each until it is acknowledged, as a well-behaved client does:
   * calls of now, calls of the last month and updates of them that change no sum, calls of many
   * traces, and later the agents' spans above them.
   */
  private void send(Api api, int sender) {
    Random random = new Random(SEED + sender);
    List<ObjectNode> history = List.of();
    List<String> traces = List.of();
    for (int n = 0; !stop.get(); n++) {
      String prefix = "chaos-" + sender + "-" + n + "-";
      switch (n % 5) {
        case 1 -> {
          history = calls(prefix, i -> Instant.now().minus(random.nextInt(30 * 24 * 60), MINUTES));
          take(api, history, n);
        }
        case 2 -> {
          history.forEach(event -> event.put("amends", true).put("feature", "updated"));
          take(api, history, n);
        }
        case 3 -> {
          traces = traces(prefix);
          spans(api, traces, "child", true);
          spanCalls.addAndGet(traces.size());
        }
        case 4 -> parents(api, traces);
        default -> take(api, calls(prefix, i -> Instant.now()), n);
      }
      if (n % 5 == 4) {
        traces = List.of();
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
    parents(api, traces);
  }

  private static List<ObjectNode> calls(String prefix, IntFunction<Instant> time) {
    List<ObjectNode> batch = new ArrayList<>();
    for (int i = 0; i < BATCH; i++) {
      batch.add(
          Events.call(
                  prefix + i,
                  "openai",
                  "gpt-4o",
                  time.apply(i).toString(),
                  INPUT_TOKENS,
                  OUTPUT_TOKENS)
              .put("agent", "agent-" + i % 5)
              .put("user", "user-" + i));
    }
    return batch;
  }

  private void take(Api api, List<ObjectNode> batch, int n) {
    until(() -> isTaken(api.report(batch), batch.size()));
    batch.forEach(event -> acknowledged.add(event.path("id").asText()));
    if (n % REPEAT_EVERY == 0) {
      // As a sender does that has lost the answer.
      until(() -> isTaken(api.report(batch), batch.size()));
    }
  }

  private static List<String> traces(String prefix) {
    return IntStream.range(0, BATCH)
        .mapToObj(
            i ->
                "%032x"
                    .formatted(new BigInteger(1, (prefix + i).getBytes(UTF_8)).abs().mod(TRACES)))
        .toList();
  }

  /** The agents' spans of traces whose calls were taken before. */
  private void parents(Api api, List<String> traces) {
    if (!traces.isEmpty()) {
      spans(api, traces, "parent", false);
      agentRuns.addAndGet(traces.size());
    }
  }

  private void spans(Api api, List<String> traces, String name, boolean call) {
    ObjectNode request = Api.JSON.createObjectNode();
    ArrayNode spans =
        request
            .putArray("resourceSpans")
            .addObject()
            .putArray("scopeSpans")
            .addObject()
            .putArray("spans");
    long now = System.currentTimeMillis();
    for (String trace : traces) {
      ObjectNode span =
          spans
              .addObject()
              .put("traceId", trace)
              .put("spanId", call ? "00000000000000b2" : "00000000000000a1")
              .put("name", name)
              .put("startTimeUnixNano", now - 1_000 + "000000")
              .put("endTimeUnixNano", now + "000000");
      ArrayNode attributes = span.putArray("attributes");
      if (call) {
        span.put("parentSpanId", "00000000000000a1");
        attribute(attributes, "gen_ai.operation.name", "chat");
        attribute(attributes, "gen_ai.provider.name", "openai");
        attribute(attributes, "gen_ai.request.model", "gpt-4o");
        attribute(attributes, "gen_ai.usage.input_tokens", Long.toString(INPUT_TOKENS));
        attribute(attributes, "gen_ai.usage.output_tokens", Long.toString(OUTPUT_TOKENS));
      } else {
        attribute(attributes, "gen_ai.operation.name", "invoke_agent");
        attribute(attributes, "gen_ai.agent.name", "planner");
      }
    }
    until(
        () -> {
          Api.Answer answer = api.post("/v1/traces", request);
          return isTaken(answer, -1);
        });
  }

  private static void attribute(ArrayNode attributes, String key, String value) {
    attributes.addObject().put("key", key).putObject("value").put("stringValue", value);
  }

  private void until(Attempt attempt) {
    while (failures.isEmpty()) {
      try {
        if (attempt.isAcknowledged()) {
          return;
        }
      } catch (IOException e) {
        // The connection died with the application: whether it was taken is not known.
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
    }
  }

  /**
   * @param events how many the answer must have accepted, or -1 for spans
   */
  private boolean isTaken(Api.Answer answer, int events) {
    if (answer.status() == 200 && events < 0
        || answer.status() == 202 && answer.accepted() == events) {
      return true;
    }
    // The gateway says 504 when a service that was killed had the request.
    if (answer.status() != 503 && answer.status() != 504) {
      failures.add(answer.status() + " " + answer.text());
      stop.set(true);
    }
    return false;
  }

  private void prove(I product, Map<String, Integer> killed) throws Exception {
    String what = killed + ", seed " + SEED;
    Ledger ledger = product.ledger();
    Ledger.Totals totals = ledger.settled();
    long calls = acknowledged.size() + spanCalls.get();
    assertThat(calls).as("the senders got something through: %s", what).isGreaterThan(BATCH);
    assertThat(totals.rows()).as("stored, after %s", what).isEqualTo(calls + agentRuns.get());
    assertThat(totals.modelCalls()).as("counted, after %s", what).isEqualTo(calls);
    assertThat(totals.costNanos()).as("cost, after %s", what).isEqualTo(calls * COST_NANOS);
    assertThat(
            ledger.rows(
                "SELECT count(*) FROM ledger.events e JOIN ledger.dimension_values d"
                    + " ON d.tenant_id = e.tenant_id AND d.value_id = e.agent AND d.dimension = 6"
                    + " WHERE e.model_calls = 1 AND e.trace_id IS NOT NULL"
                    + " AND d.value = 'planner'"))
        .as("calls that have the agent of a span that came later, after %s", what)
        .containsExactly(List.of(agentRuns.get()));
    assertThat(ledger.rows("SELECT count(*) FROM ledger.dead_events")).containsExactly(List.of(0L));
    String month =
        "/v1/ledger/reconciliation?start="
            + Instant.now().truncatedTo(ChronoUnit.DAYS).minus(40, ChronoUnit.DAYS)
            + "&end="
            + Instant.now().truncatedTo(ChronoUnit.DAYS).plus(1, ChronoUnit.DAYS);
    Eventually.holds(
        "accepted, stored, rolled up and Redis agree, after " + what,
        Duration.ofSeconds(20),
        () -> product.admin().get(month).json().path("agrees").asBoolean());
    new LedgerProof(product).holds();
    JsonNode proof = product.admin().get(month).json();
    for (JsonNode cuboid : proof.path("rolled_up")) {
      assertThat(cuboid.path("agrees").asBoolean()).as(cuboid.toString()).isTrue();
    }
    Eventually.holds(
        "one webhook for each of four thresholds, got " + received,
        Duration.ofSeconds(30),
        () -> webhooks("budget.threshold_crossed ") == 4);
    // A month of history lets the budget's end be forecast, where that is done before it is spent.
    assertThat(webhooks("")).as("webhooks %s, after %s", received, what).isBetween(4L, 5L);
    assertThat(webhooks("budget.forecast_exceeded "))
        .as("webhooks %s, after %s", received, what)
        .isEqualTo(webhooks("") - 4);
  }

  /** The webhooks of a type, each counted once however often it came. */
  private long webhooks(String type) {
    synchronized (received) {
      return received.keySet().stream().filter(key -> key.startsWith(type)).count();
    }
  }

  /** A budget that the load passes within its first batches. */
  private static void watchSpending(Installation product, int port) throws IOException {
    ObjectNode channel =
        Api.JSON
            .createObjectNode()
            .put("name", "test")
            .put("type", "webhook")
            .put("url", "http://127.0.0.1:" + port + "/");
    assertThat(product.admin().post("/v1/alerts/channels", channel).status()).isEqualTo(201);
    ObjectNode budget =
        Api.JSON
            .createObjectNode()
            .put("name", "chaos")
            .put("amount_usd", "0.50")
            .put("period", "monthly");
    budget.putObject("scope").put("agent", "agent-1");
    assertThat(product.admin().post("/v1/budgets", budget).status()).isEqualTo(201);
  }

  /** Counts requests by type and webhook-id, by which a receiver knows one that comes again. */
  private HttpServer receiver() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String id = exchange.getRequestHeaders().getFirst("webhook-id");
          String type = Api.JSON.readTree(exchange.getRequestBody()).path("type").asText();
          synchronized (received) {
            received.merge(type + " " + id, 1, Integer::sum);
          }
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    server.start();
    return server;
  }
}
