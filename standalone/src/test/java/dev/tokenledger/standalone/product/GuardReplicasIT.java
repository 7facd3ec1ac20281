package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Two hundred callers share ten dollars, asked of two replicas that are killed while Redis forgets:
 * together they get ten dollars, not a nano-dollar more, and nobody is refused what is left.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GuardReplicasIT {
  private static final int CALLERS = 200;
  private static final long LIMIT_NANOS = 10_000_000_000L;

  /** An input token of gpt-4o, so that a call can cost exactly what was estimated. */
  private static final long TOKEN_NANOS = 2_500;

  /** Short, so that the test need not wait long for what a killed replica has left. */
  private static final int LEASE_SECONDS = 30;

  private static final Duration PATIENCE = Duration.ofSeconds(120);

  private final ServicesInstallation product;
  private final JavaApplication second;
  private final URI secondUrl;
  private final String agent = "agent-" + UUID.randomUUID();
  private final AtomicLong granted = new AtomicLong();
  private final AtomicInteger grants = new AtomicInteger();
  private final AtomicInteger denials = new AtomicInteger();
  private final ReadWriteLock reporting = new ReentrantReadWriteLock(true);
  private volatile boolean calm;

  GuardReplicasIT() throws Exception {
    this.product = ServicesInstallation.start("guard-replicas");
    int port = JavaApplication.freePort();
    this.secondUrl = URI.create("http://127.0.0.1:" + port);
    this.second =
        new JavaApplication(
            Path.of(JavaApplication.property("tokenledger.work")).resolve("second-alerting.log"));
    startSecond();
  }

  private void startSecond() throws Exception {
    ExternalStores stores = product.stores();
    second.start(
        List.of(
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-Dquarkus.http.host=127.0.0.1",
            "-Dquarkus.http.port=" + secondUrl.getPort(),
            "-jar",
            Path.of(JavaApplication.property("tokenledger.home"))
                .resolve("alerting-service/target/quarkus-app/quarkus-run.jar")
                .toString()),
        Map.of(
            "TOKENLEDGER_DATABASE_URL", stores.databaseUrl(),
            "TOKENLEDGER_DATABASE_OWNER_USERNAME", ExternalStores.OWNER,
            "TOKENLEDGER_DATABASE_OWNER_PASSWORD", stores.ownerPassword(),
            "TOKENLEDGER_REDIS_URL", stores.redisUrl()),
        new Api(secondUrl, ""));
  }

  @AfterAll
  void stop() throws Exception {
    second.killIfAlive();
    product.close();
  }

  @Test
  void callersOfTwoReplicasGetTheBudgetAndNotMoreWhateverIsKilled() throws Exception {
    JsonNode budget = hardStop();
    ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
    try {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        int number = i;
        running.add(
            callers.submit(
                () -> {
                  spend(number);
                  return null;
                }));
      }
      atGranted(1_000_000_000L);
      product.guardRedis().forget("tl:{guard:*");
      atGranted(2_000_000_000L);
      product.kill("alerting");
      atGranted(3_500_000_000L);
      second.kill();
      product.guardRedis().forget("tl:{guard:*");
      startSecond();
      atGranted(5_000_000_000L);
      product.kill("alerting");
      second.kill();
      product.guardRedis().forget("tl:{guard:*");
      startSecond();
      atGranted(6_000_000_000L);
      flushRedis();
      atGranted(8_000_000_000L);
      product.guardRedis().forget("tl:{guard:*");
      calm = true;
      for (Future<?> caller : running) {
        caller.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      }
    } finally {
      callers.shutdownNow();
    }
    assertThat(granted.get()).as("granted together").isLessThanOrEqualTo(LIMIT_NANOS);
    assertThat(denials.get()).isPositive();

    Eventually.holds(
        "the ledger has what was granted, and no reservation is left",
        PATIENCE,
        () -> {
          JsonNode status = status(budget);
          return nanos(status.path("spent_usd")) == granted.get()
              && nanos(status.path("reserved_usd")) == 0;
        });
    long left = LIMIT_NANOS - granted.get();
    if (left > 0) {
      // What a replica had taken when it was killed, and never told anybody, ends with its lease.
      Eventually.holds(
          "all that is left is given, " + left + " nano-dollars",
          PATIENCE,
          () -> ask(product.ingest(), left).path("decision").asText().equals("allow"));
    }
    assertThat(ask(new Api(secondUrl, product.ingest().key()), 1).path("decision").asText())
        .as("a nano-dollar more")
        .isEqualTo("deny");
  }

  /**
   * Redis loses everything, once nothing is in it that is nowhere else: reports wait meanwhile,
   * questions go on.
   */
  private void flushRedis() throws Exception {
    reporting.writeLock().lock();
    try {
      product.ledger().awaitSettled();
      try (RedisReader redis = product.redis()) {
        redis.flush();
      }
    } finally {
      reporting.writeLock().unlock();
    }
  }

  /** Asks, calls and reports until the budget does not give another call of this caller's. */
  private void spend(int number) throws Exception {
    Random random = new Random(number);
    Api first = product.ingest();
    Api other = new Api(secondUrl, first.key());
    int refusals = 0;
    while (refusals < 3 || !calm) {
      long estimate = (160 + random.nextInt(3_200)) * TOKEN_NANOS;
      JsonNode decision = ask(random.nextBoolean() ? first : other, estimate);
      if (decision.path("decision").asText().equals("allow")) {
        granted.addAndGet(estimate);
        grants.incrementAndGet();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50 + random.nextInt(200)));
        report(estimate / TOKEN_NANOS, decision.path("reservation_id").asText());
      } else if (decision.path("reason").asText().equals("budget_exceeded")) {
        assertThat(nanos(decision.path("budgets").get(0).path("remaining_usd")))
            .as("left when " + estimate + " were refused")
            .isLessThan(estimate);
        denials.incrementAndGet();
        refusals++;
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
      }
    }
  }

  /** The decision; asked again where a replica is away or cannot know. */
  private JsonNode ask(Api replica, long nanos) throws IOException {
    ObjectNode question =
        Api.JSON
            .createObjectNode()
            .put("agent", agent)
            .put("estimated_cost_usd", usd(nanos))
            .put("lease_seconds", LEASE_SECONDS)
            .put("reserve", true);
    while (true) {
      try {
        Api.Answer answer = replica.post("/v1/budgets/authorize", question);
        if (answer.status() == 200 && !answer.json().path("degraded").asBoolean()) {
          return answer.json();
        }
        assertThat(answer.status()).as(answer.text()).isIn(200, 502, 503, 504);
      } catch (IOException e) {
        // The replica was killed; whatever it held for us ends with its lease.
        assertThat(e).isNotInstanceOf(java.net.http.HttpTimeoutException.class);
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
    }
  }

  private void report(long tokens, String reservation) throws IOException {
    ObjectNode call =
        Events.call(
                UUID.randomUUID().toString(),
                "openai",
                "gpt-4o",
                Instant.now().toString(),
                tokens,
                0)
            .put("agent", agent)
            .put("reservation_id", reservation);
    while (true) {
      Api.Answer answer = reported(call);
      if (answer.status() == 202) {
        assertThat(answer.accepted()).isEqualTo(1);
        return;
      }
      assertThat(answer.status()).as(answer.text()).isIn(429, 502, 503);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
    }
  }

  private Api.Answer reported(ObjectNode call) throws IOException {
    reporting.readLock().lock();
    try {
      return product.ingest().report(call);
    } finally {
      reporting.readLock().unlock();
    }
  }

  private void atGranted(long nanos) throws Exception {
    Eventually.holds(nanos + " are granted", PATIENCE, () -> granted.get() >= nanos);
  }

  private JsonNode hardStop() throws IOException {
    ObjectNode budget =
        Api.JSON
            .createObjectNode()
            .put("name", "Ten dollars")
            .put("amount_usd", usd(LIMIT_NANOS))
            .put("period", "rolling")
            .put("rolling_days", 2)
            .put("type", "hard_stop");
    budget.putObject("scope").put("agent", agent);
    Api.Answer created = product.admin().post("/v1/budgets", budget);
    assertThat(created.status()).as(created.text()).isEqualTo(201);
    return created.json();
  }

  private JsonNode status(JsonNode budget) throws IOException {
    return product.admin().get("/v1/budgets/" + budget.path("id").asText() + "/status").json();
  }

  private static String usd(long nanos) {
    return BigDecimal.valueOf(nanos, 9).toPlainString();
  }

  private static long nanos(JsonNode usd) {
    return new BigDecimal(usd.asText()).movePointRight(9).longValueExact();
  }
}
