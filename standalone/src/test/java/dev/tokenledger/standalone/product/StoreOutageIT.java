package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tokenledger.model.stream.StreamKeys;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The stores are killed under load; whoever was told that an event is durable finds it counted. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StoreOutageIT {
  private static final int BATCH = 20;
  private static final Duration RECOVERY = Duration.ofSeconds(60);

  private final TokenLedgerProcess process;
  private final Ledger ledger;

  StoreOutageIT() throws Exception {
    process = TokenLedgerProcess.start("store-outage");
    ledger = process.ledger();
  }

  @AfterAll
  void stop() throws Exception {
    process.close();
  }

  @Test
  void whilePostgresIsAwayEventsAreTakenAndLaterSettled() throws Exception {
    Ledger.Totals before = ledger.settled();
    try (Load load = new Load()) {
      load.awaitMore(20);
      process.killPostgres();
      load.awaitMore(200);
      Eventually.holds("Postgres is back", RECOVERY, this::isPostgresBack);
      load.awaitMore(20);
      load.end();
      assertThat(load.statuses).containsOnly(202);
      Ledger.Totals added = ledger.settled().minus(before);
      assertThat(added.rows()).isEqualTo((long) load.acknowledged.size() * BATCH);
    }
    new LedgerProof(process).holds();
  }

  @Test
  void whileRedisIsAwayNothingIsAcknowledgedThatIsLost() throws Exception {
    Ledger.Totals before = ledger.settled();
    try (Load load = new Load()) {
      load.awaitMore(20);
      process.killRedis();
      load.awaitMore(100);
      load.end();
      assertThat(load.statuses).isSubsetOf(202, 503);
      assertThat(load.refusedWithoutRetryAfter).hasValue(0);
      // Who was refused sends again, as Retry-After tells, and is not counted twice.
      for (String batch : load.refused) {
        Eventually.holds("taken again", RECOVERY, () -> send(batch).status() == 202);
      }
      Ledger.Totals added = ledger.settled().minus(before);
      assertThat(added.rows())
          .isEqualTo((long) (load.acknowledged.size() + load.refused.size()) * BATCH);
    }
    new LedgerProof(process).holds();
  }

  /** Its events would not be stored twice either way; but what was received would be counted so. */
  @Test
  void aBlockThatIsDeliveredTwiceIsReceivedOnce() throws Exception {
    Ledger.Totals before = ledger.settled();
    long duplicates = duplicates();
    int repeated = 0;
    try (RedisReader redis = process.redis()) {
      // Without Postgres blocks stay in the streams.
      process.killPostgres();
      assertThat(send(UUID.randomUUID() + "-").status()).isEqualTo(202);
      for (int shard = 0; shard < 2; shard++) {
        repeated += redis.repeat(StreamKeys.events(shard));
      }
    }
    assertThat(repeated).as("blocks that were there twice").isPositive();
    Eventually.holds("Postgres is back", RECOVERY, this::isPostgresBack);
    assertThat(ledger.settled().minus(before).rows()).isEqualTo(BATCH);
    assertThat(duplicates()).isEqualTo(duplicates);
    new LedgerProof(process).holds();
  }

  /** Nothing else writes these rollups again, now that their events are all there. */
  @Test
  void whatIsPricedWhileRedisTakesNothingComesIntoItsRollupsLater() throws Exception {
    String model = "late-" + UUID.randomUUID();
    ObjectNode call = Events.call("late", 1_000_000, 0).put("provider", "own").put("model", model);
    assertThat(process.ingest().report(List.of(call)).status()).isEqualTo(202);
    ledger.settled();
    String priced = "SELECT count(*) FROM ledger.events WHERE event_id = ? AND cost_nanos = ?";
    try (RedisReader redis = process.redis()) {
      redis.configure("maxmemory", "1");
      ObjectNode price =
          Api.JSON
              .createObjectNode()
              .put("provider", "own")
              .put("model", model)
              .put("input_usd_per_million_tokens", "5")
              .put("output_usd_per_million_tokens", "5")
              .put("from", Instant.now().minus(Duration.ofDays(1)).toString());
      assertThat(process.admin().post("/v1/prices", price).status()).isLessThan(300);
      Eventually.holds(
          "priced in Postgres",
          RECOVERY,
          () -> ledger.number(priced, call.path("id").asText(), 5_000_000_000L) == 1);
      assertThat(ledger.reconciliation().path("agrees").asBoolean()).isFalse();
      redis.configure("maxmemory", "0");
    }
    Eventually.holds(
        "Redis agrees", RECOVERY, () -> ledger.reconciliation().path("agrees").asBoolean());
    new LedgerProof(process).holds();
  }

  private long duplicates() throws Exception {
    return ledger.number("SELECT coalesce(sum(duplicates), 0)::bigint FROM ledger.completeness");
  }

  /** Who acknowledges must not lose: a Redis that may is not written to. */
  @Test
  void aRedisThatMayLoseWhatItTookIsNotTrustedUntilItMayNot() throws Exception {
    try (RedisReader redis = process.redis()) {
      for (String[] setting : new String[][] {{"appendfsync", "everysec"}, {"appendonly", "no"}}) {
        redis.configure(setting[0], setting[1]);
        Eventually.holds("nothing is taken", RECOVERY, () -> send("volatile").status() == 503);
        Api.Answer refused = send("volatile");
        assertThat(refused.code()).isEqualTo("not_ready");
        assertThat(refused.detail()).contains(setting[0] + " " + setting[1]);
        assertThat(refused.retryAfter()).isPresent();
        assertThat(process.api("").isReady()).isFalse();
        redis.configure("appendonly", "yes");
        redis.configure("appendfsync", "always");
        Eventually.holds("events are taken again", RECOVERY, () -> send("durable").status() == 202);
        Eventually.holds("it is ready", RECOVERY, () -> process.api("").isReady());
      }
    }
  }

  private boolean isPostgresBack() throws IOException {
    return process.admin().get("/v1/keys").status() == 200;
  }

  private Api.Answer send(String batch) throws IOException {
    List<ObjectNode> events =
        IntStream.range(0, BATCH).mapToObj(i -> Events.call(batch + i, 10, 1)).toList();
    return process.ingest().report(events);
  }

  /** Two senders who go on whatever they are answered. */
  private final class Load implements AutoCloseable {
    private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    private final Set<String> refused = ConcurrentHashMap.newKeySet();
    private final Set<Integer> statuses = ConcurrentHashMap.newKeySet();
    private final AtomicInteger refusedWithoutRetryAfter = new AtomicInteger();
    private final AtomicBoolean ended = new AtomicBoolean();
    private final ExecutorService threads = Executors.newFixedThreadPool(2);
    private final List<Future<?>> senders = new ArrayList<>();

    private Load() {
      for (int i = 0; i < 2; i++) {
        senders.add(
            threads.submit(
                () -> {
                  while (!ended.get()) {
                    sendOne();
                  }
                  return null;
                }));
      }
    }

    private void sendOne() throws IOException {
      String batch = UUID.randomUUID() + "-";
      Api.Answer answer = send(batch);
      statuses.add(answer.status());
      if (answer.status() == 202) {
        acknowledged.add(batch);
      } else {
        refused.add(batch);
        if (answer.retryAfter().isEmpty()) {
          refusedWithoutRetryAfter.incrementAndGet();
        }
      }
    }

    private void awaitMore(int batches) throws Exception {
      int enough = acknowledged.size() + batches;
      Eventually.holds("batches are taken", RECOVERY, () -> acknowledged.size() >= enough);
    }

    private void end() throws Exception {
      ended.set(true);
      for (Future<?> sender : senders) {
        sender.get();
      }
    }

    @Override
    public void close() {
      ended.set(true);
      threads.shutdown();
    }
  }
}
