package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/** What is sent counts once, however often it is sent and whatever is killed in between. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ExactlyOnceIT {
  private static final int EVENTS = 1_000;
  private static final String[] MODELS = {"gpt-4o", "gpt-4o-mini", "no-such-model"};

  private final Instant start =
      Instant.now().truncatedTo(ChronoUnit.HOURS).minus(50, ChronoUnit.HOURS);
  private final TokenLedgerProcess process;
  private final Ledger ledger;

  ExactlyOnceIT() throws Exception {
    process = TokenLedgerProcess.start("exactly-once");
    ledger = process.ledger();
  }

  @AfterAll
  void stop() throws Exception {
    process.close();
  }

  @Test
  @Order(1)
  void aBatchSentFiveTimesAtOnceCountsOnce() throws Exception {
    Ledger.Totals before = ledger.settled();
    byte[] body = body("repeated-", EVENTS);
    List<Callable<Integer>> sends = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      boolean gzip = i % 3 == 0;
      sends.add(() -> send(body, gzip));
    }
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      for (Future<Integer> accepted : threads.invokeAll(sends)) {
        assertThat(accepted.get()).isEqualTo(EVENTS);
      }
    } finally {
      threads.shutdown();
    }
    for (int i = 0; i < 5; i++) {
      assertThat(send(body, i == 2)).isEqualTo(EVENTS);
    }
    Ledger.Totals added = ledger.settled().minus(before);
    assertThat(added.rows()).isEqualTo(EVENTS);
    assertThat(added.accepted()).isEqualTo(13 * EVENTS);
    assertThat(added.inputTokens()).isEqualTo(expectedInputTokens(EVENTS));
    new LedgerProof(process).holds();
  }

  @Test
  @Order(2)
  void anIdThatComesAgainWithAnotherTimeOrContentStaysWhatItWas() throws Exception {
    Api api = process.ingest();
    assertThat(api.report(Events.call("same", 100, 10)).accepted()).isEqualTo(1);
    Ledger.Totals before = ledger.settled();
    ObjectNode later = Events.call("same", 100, 10);
    later.put("time", start.plus(7, ChronoUnit.HOURS).toString());
    ObjectNode larger = Events.call("same", 9_999, 999).put("model", "gpt-4o-mini");
    assertThat(api.report(later).accepted()).isEqualTo(1);
    assertThat(api.report(larger).accepted()).isEqualTo(1);
    assertThat(ledger.settled().minus(before)).isEqualTo(new Ledger.Totals(0, 2, 0, 0, 0, 0, 0));
    new LedgerProof(process).holds();
  }

  @Test
  @Order(3)
  void aStopInAnOrderlyWayKeepsEverything() throws Exception {
    acrossEnd("stopped-", process::terminate);
  }

  @Test
  @Order(4)
  void aKillKeepsEverythingThatWasAcknowledged() throws Exception {
    acrossEnd("killed-", process::kill);
  }

  @Test
  @Order(5)
  void aKillWhileManySendLosesNothingAcknowledgedAndRepeatsNothing() throws Exception {
    Ledger.Totals before = ledger.settled();
    List<String> acknowledged = Collections.synchronizedList(new ArrayList<>());
    ExecutorService threads = Executors.newFixedThreadPool(4);
    List<Future<?>> senders = new ArrayList<>();
    for (int thread = 0; thread < 4; thread++) {
      String prefix = "load-" + thread + "-";
      senders.add(threads.submit(() -> sendUntilRefused(prefix, acknowledged)));
    }
    Eventually.holds(
        "batches are acknowledged", Duration.ofSeconds(20), () -> acknowledged.size() > 40);
    process.kill();
    for (Future<?> sender : senders) {
      sender.get();
    }
    threads.shutdown();
    process.startAgain();
    for (String prefix : acknowledged) {
      assertThat(send(body(prefix, 50), false)).isEqualTo(50);
    }
    // What was sent but not acknowledged may have been taken; all of it or nothing.
    long rows = ledger.settled().minus(before).rows();
    assertThat(rows % 50).isZero();
    assertThat(rows).isBetween(acknowledged.size() * 50L, acknowledged.size() * 50L + 4 * 50);
    new LedgerProof(process).holds();
  }

  /** An end of the process, in the middle of a client's life. */
  private interface End {
    void come() throws Exception;
  }

  private void acrossEnd(String prefix, End end) throws Exception {
    Ledger.Totals before = ledger.settled();
    byte[] body = body(prefix, EVENTS);
    assertThat(send(body, false)).isEqualTo(EVENTS);
    end.come();
    process.startAgain();
    assertThat(send(body, true)).isEqualTo(EVENTS);
    Ledger.Totals added = ledger.settled().minus(before);
    assertThat(added.rows()).isEqualTo(EVENTS);
    assertThat(added.inputTokens()).isEqualTo(expectedInputTokens(EVENTS));
    new LedgerProof(process).holds();
  }

  private void sendUntilRefused(String prefix, List<String> acknowledged) {
    try {
      for (int i = 0; ; i++) {
        if (send(body(prefix + i + "-", 50), false) != 50) {
          return;
        }
        acknowledged.add(prefix + i + "-");
      }
    } catch (IOException e) {
      // The application was killed, which is what this waits for.
      assertThat(acknowledged).isNotEmpty();
    }
  }

  private int send(byte[] body, boolean gzip) throws IOException {
    Api api = process.ingest();
    if (!gzip) {
      return api.report(body, "Content-Type", "application/json").accepted();
    }
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(compressed)) {
      out.write(body);
    }
    return api.report(
            compressed.toByteArray(),
            "Content-Type",
            "application/json",
            "Content-Encoding",
            "gzip")
        .accepted();
  }

  private static long expectedInputTokens(int events) {
    return IntStream.range(0, events).filter(i -> i % 5 != 4).mapToLong(i -> 100 + i).sum();
  }

  /** Events of all kinds over fifty hours, with all dimensions in use; a fifth are no calls. */
  private byte[] body(String prefix, int events) {
    return IntStream.range(0, events)
        .mapToObj(i -> event(prefix + i, i).toString())
        .collect(Collectors.joining(",", "[", "]"))
        .getBytes(StandardCharsets.UTF_8);
  }

  private ObjectNode event(String id, int i) {
    String time = start.plus(i * 3L, ChronoUnit.MINUTES).plusMillis(i).toString();
    ObjectNode event;
    if (i % 5 == 4) {
      event =
          switch (i % 3) {
            case 0 -> Events.of(id, "agent_run", time).put("task", "t").put("duration_ms", i);
            case 1 -> Events.of(id, "step", time).put("step_type", "tool_call").put("tool", "web");
            default -> Events.of(id, "user_action", time).put("action", "click");
          };
    } else {
      event = Events.call(id, "openai", MODELS[i % MODELS.length], time, 100 + i, i % 50);
      event.put("latency_ms", 200 + i).put("time_to_first_token_ms", 20).put("cost_usd", "0.001");
      event.put("cache_hit", i % 7 == 0).put("prompt", "p" + i % 3).put("prompt_version", "1");
    }
    event.put("agent", "agent-" + i % 4).put("feature", "feature-" + i % 3);
    event.put("user", "user-" + i % 20).put("session", "session-" + i % 40);
    event.put("environment", i % 2 == 0 ? "production" : "test");
    if (i % 6 == 0) {
      event.put("status", "failure").put("error_type", "rate_limit");
    }
    if (i % 3 == 0) {
      event.putObject("tags").put("team", "t" + i % 2).put("region", "eu");
    }
    return event;
  }
}
