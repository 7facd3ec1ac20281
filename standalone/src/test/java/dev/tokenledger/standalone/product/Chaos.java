package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
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
import java.util.concurrent.locks.LockSupport;
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

  /** Sends batch after batch, each until it is acknowledged, as a well-behaved client does. */
  private void send(Api api, int sender) {
    for (int n = 0; !stop.get(); n++) {
      List<ObjectNode> batch = new ArrayList<>();
      List<String> ids = new ArrayList<>();
      for (int i = 0; i < BATCH; i++) {
        String id = "chaos-" + sender + "-" + n + "-" + i;
        ids.add(id);
        batch.add(
            Events.call(
                    id, "openai", "gpt-4o", Instant.now().toString(), INPUT_TOKENS, OUTPUT_TOKENS)
                .put("agent", "agent-" + i % 5)
                .put("user", "user-" + i));
      }
      while (!isAcknowledged(api, batch) && failures.isEmpty()) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
      }
      acknowledged.addAll(ids);
      LockSupport.parkNanos(PAUSE.toNanos());
      if (n % REPEAT_EVERY == 0) {
        // As a sender does that has lost the answer.
        while (!isAcknowledged(api, batch) && failures.isEmpty()) {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
        }
      }
    }
  }

  private boolean isAcknowledged(Api api, List<ObjectNode> batch) {
    try {
      Api.Answer answer = api.report(batch);
      if (answer.status() == 202 && answer.accepted() == batch.size()) {
        return true;
      }
      // The gateway says 504 when a service that was killed had the request.
      if (answer.status() != 503 && answer.status() != 504) {
        failures.add(answer.status() + " " + answer.text());
        stop.set(true);
      }
      return false;
    } catch (IOException e) {
      // The connection died with the application: whether the batch was taken is not known.
      return false;
    }
  }

  private void prove(I product, Map<String, Integer> killed) throws Exception {
    String what = killed + ", seed " + SEED;
    Ledger ledger = product.ledger();
    Ledger.Totals totals = ledger.settled();
    long calls = acknowledged.size();
    assertThat(calls).as("the senders got something through: %s", what).isGreaterThan(BATCH);
    assertThat(totals.rows()).as("stored, after %s", what).isEqualTo(calls);
    assertThat(totals.modelCalls()).as("counted, after %s", what).isEqualTo(calls);
    assertThat(totals.costNanos()).as("cost, after %s", what).isEqualTo(calls * COST_NANOS);
    Eventually.holds(
        "accepted, stored, rolled up and Redis agree, after " + what,
        Duration.ofSeconds(20),
        () -> ledger.reconciliation().path("agrees").asBoolean());
    new LedgerProof(product).holds();
    JsonNode proof = ledger.reconciliation();
    assertThat(proof.path("redis").path("totals").path("model_calls").asLong()).isEqualTo(calls);
    for (JsonNode cuboid : proof.path("rolled_up")) {
      assertThat(cuboid.path("agrees").asBoolean()).as(cuboid.toString()).isTrue();
    }
    Eventually.holds(
        "one webhook for each of four thresholds, got " + received,
        Duration.ofSeconds(30),
        () -> {
          synchronized (received) {
            return received.size() == 4;
          }
        });
    assertThat(received.values()).as("webhooks by id, after %s", what).hasSize(4);
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

  /** Counts requests by their webhook-id, by which a receiver knows one that comes again. */
  private HttpServer receiver() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String id = exchange.getRequestHeaders().getFirst("webhook-id");
          exchange.getRequestBody().readAllBytes();
          synchronized (received) {
            received.merge(id, 1, Integer::sum);
          }
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    server.start();
    return server;
  }
}
