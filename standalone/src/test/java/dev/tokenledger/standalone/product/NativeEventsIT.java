package dev.tokenledger.standalone.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.airlift.compress.zstd.ZstdOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Native events in every form that is taken, and what becomes of them. */
@ExtendWith(Product.class)
class NativeEventsIT {
  private final Api api;
  private final Ledger ledger;
  private Ledger.Totals before = Ledger.Totals.NOTHING;

  NativeEventsIT(TokenLedgerProcess product) {
    this.api = product.ingest();
    this.ledger = product.ledger();
  }

  @BeforeEach
  void remember() throws Exception {
    before = ledger.settled();
  }

  @Test
  void anArrayIsAcceptedAndPriced() throws Exception {
    Api.Answer answer = api.report(call(1_000, 100), call(2_000, 200));
    assertThat(answer.status()).isEqualTo(202);
    assertThat(answer.accepted()).isEqualTo(2);
    assertThat(answer.json().path("rejected")).isEmpty();
    // 3,000 tokens at $2.50 and 300 at $10 a million.
    assertThat(added()).isEqualTo(new Ledger.Totals(2, 2, 2, 3_000, 300, 10_500_000, 0));
  }

  @Test
  void anObjectWithEventsIsAnArray() throws Exception {
    ObjectNode body = Api.JSON.createObjectNode().put("sender", "test");
    body.putArray("events").add(call(10, 1)).add(call(20, 2));
    assertThat(api.post("/v1/events", body).accepted()).isEqualTo(2);
    assertThat(added().inputTokens()).isEqualTo(30);
  }

  @Test
  void aSingleEventNeedsNoArray() throws Exception {
    assertThat(api.post("/v1/events", call(7, 3)).accepted()).isEqualTo(1);
    assertThat(added().outputTokens()).isEqualTo(3);
  }

  @Test
  void linesAreEventsWithAndWithoutANewlineAtTheEnd() throws Exception {
    String lines = call(10, 1) + "\n\r\n" + call(20, 2) + "\r\n" + call(30, 3);
    assertThat(api.report(lines, "Content-Type", "application/x-ndjson").accepted()).isEqualTo(3);
    assertThat(added().inputTokens()).isEqualTo(60);
  }

  @Test
  void gzipAndZstdAreDecompressed() throws Exception {
    byte[] gzip = compressed(GZIPOutputStream::new, "[" + call(10, 1) + "]");
    byte[] zstd = compressed(ZstdOutputStream::new, "[" + call(20, 2) + "]");
    assertThat(api.report(gzip, json("gzip")).accepted()).isEqualTo(1);
    assertThat(api.report(zstd, json("zstd")).accepted()).isEqualTo(1);
    assertThat(api.reportChunked(gzip, json("gzip")).accepted()).isEqualTo(1);
    // The third request repeats the first.
    assertThat(added()).isEqualTo(new Ledger.Totals(2, 3, 2, 30, 3, 105_000, 0));
  }

  @Test
  void cloudEventsCarryNativeEventsAsData() throws Exception {
    ObjectNode data = call(10, 1);
    String id = data.remove("id").asText();
    ObjectNode single =
        Api.JSON
            .createObjectNode()
            .put("specversion", "1.0")
            .put("type", "com.example.llm")
            .put("source", "gateway")
            .put("id", id);
    single.set("data", data);
    assertThat(
            api.report(single.toString(), "Content-Type", "application/cloudevents+json")
                .accepted())
        .isEqualTo(1);
    String batch = "[" + single.deepCopy().put("id", id + "-2") + "]";
    assertThat(api.report(batch, "Content-Type", "application/cloudevents-batch+json").accepted())
        .isEqualTo(1);
    assertThat(added().modelCalls()).isEqualTo(2);
  }

  @Test
  void everyKindOfEventIsCountedInItsOwnMeasure() throws Exception {
    String time = Events.anHourAgo().toString();
    String runs = "SELECT coalesce(sum(agent_runs), 0) FROM ledger.events";
    String steps = "SELECT coalesce(sum(steps), 0) FROM ledger.events";
    String actions = "SELECT coalesce(sum(user_actions), 0) FROM ledger.events";
    long runsBefore = ledger.number(runs);
    long stepsBefore = ledger.number(steps);
    long actionsBefore = ledger.number(actions);
    assertThat(
            api.report(
                    Events.of(id(), "agent_run", time).put("task", "answer").put("agent", "bot"),
                    Events.of(id(), "step", time).put("step_type", "tool_call").put("tool", "web"),
                    Events.of(id(), "user_action", time).put("action", "page_view"))
                .accepted())
        .isEqualTo(3);
    assertThat(added()).isEqualTo(new Ledger.Totals(3, 3, 0, 0, 0, 0, 0));
    assertThat(ledger.number(runs) - runsBefore).isEqualTo(1);
    assertThat(ledger.number(steps) - stepsBefore).isEqualTo(1);
    assertThat(ledger.number(actions) - actionsBefore).isEqualTo(1);
  }

  @Test
  void aModelWithoutPriceIsCountedApartAndCostsNotZeroButNothingKnown() throws Exception {
    ObjectNode unknown = call(500, 50).put("provider", "acme").put("model", "acme-secret-1");
    assertThat(api.report(unknown, call(1_000, 0)).accepted()).isEqualTo(2);
    assertThat(added()).isEqualTo(new Ledger.Totals(2, 2, 2, 1_500, 50, 2_500_000, 1));
    assertThat(
            ledger.rows(
                "SELECT cost_nanos, unpriced_reason IS NOT NULL FROM ledger.events WHERE event_id = ?",
                unknown.path("id").asText()))
        .containsExactly(java.util.Arrays.asList(null, true));
  }

  @Test
  void tenThousandEventsAreTakenInOneRequest() throws Exception {
    String prefix = id();
    List<ObjectNode> events =
        IntStream.range(0, 10_000).mapToObj(i -> Events.call(prefix + i, 1, 2)).toList();
    assertThat(api.report(events).accepted()).isEqualTo(10_000);
    assertThat(added())
        .isEqualTo(new Ledger.Totals(10_000, 10_000, 10_000, 10_000, 20_000, 10_000 * 22_500L, 0));
  }

  @Test
  void aBodyOfExactlySixteenMebibytesIsTaken() throws Exception {
    String events = "[" + call(10, 1) + "]";
    byte[] body =
        (events + " ".repeat(16 * 1024 * 1024 - events.length())).getBytes(StandardCharsets.UTF_8);
    assertThat(api.report(body, "Content-Type", "application/json").accepted()).isEqualTo(1);
    assertThat(api.reportChunked(body, "Content-Type", "application/json").accepted()).isEqualTo(1);
    assertThat(added().modelCalls()).isEqualTo(1);
  }

  @Test
  void fieldsThatAreNotKnownAreKeptAndDoNotHurt() throws Exception {
    ObjectNode event = call(10, 1).put("colour", "blue").put("shard", 7);
    event.putObject("nested").put("deep", true);
    assertThat(api.report(event).accepted()).isEqualTo(1);
    assertThat(added().modelCalls()).isEqualTo(1);
    assertThat(
            ledger.number(
                "SELECT count(*) FROM ledger.events WHERE event_id = ? AND detail::text LIKE '%blue%'",
                event.path("id").asText()))
        .isEqualTo(1);
  }

  private Ledger.Totals added() throws Exception {
    return ledger.settled().minus(before);
  }

  private static ObjectNode call(long inputTokens, long outputTokens) {
    return Events.call(id(), inputTokens, outputTokens);
  }

  private static String id() {
    return UUID.randomUUID().toString();
  }

  private static String[] json(String encoding) {
    return new String[] {"Content-Type", "application/json", "Content-Encoding", encoding};
  }

  /** A stream that compresses into another. */
  private interface Compressor {
    OutputStream into(OutputStream out) throws IOException;
  }

  private static byte[] compressed(Compressor compressor, String text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = compressor.into(bytes)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }
}
