package dev.tokenledger.model.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tokenledger.model.event.AgentRun;
import dev.tokenledger.model.event.BillableUnits;
import dev.tokenledger.model.event.CallStatus;
import dev.tokenledger.model.event.CostBreakdown;
import dev.tokenledger.model.event.EventHeader;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.event.Pricing;
import dev.tokenledger.model.event.Step;
import dev.tokenledger.model.event.TokenUsage;
import dev.tokenledger.model.event.UserAction;
import dev.tokenledger.model.money.Money;
import dev.tokenledger.model.trace.SpanLink;
import dev.tokenledger.model.trace.SpanNames;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BlockCodecTest {
  private static final Instant TIME = Instant.parse("2026-11-20T10:00:00.123456789Z");

  /** What format 2 made of {@link #block}, which had no names of spans then. */
  private static final String FORMAT_2 =
      "AgAAAAAAAAAFAAAAAAAAAAYAAAAAAAAAYwyXBPL7AQMBB2RlZmF1bHQBBm5hdGl2ZQEDay0xgMCX"
          + "0e3/lgMGAQEKd3JvbmdfdHlwZQIFAQljYWxsLcO8LTHA6ICwDZWa7zoBCnByb2R1Y3Rpb24BA2Jv"
          + "dAEHYW5zd2VycwEDdV8xAQNzLTEBBXRyYWNlAQRzcGFuAAEBBHRlYW0BBnNlYXJjaAEBA2tleQEF"
          + "dmFsdWUAPwEGb3BlbmFpAQZncHQtNG8BBGNoYXQBB3N1bW1hcnkBATewCawCoAYUBSgDAgEGoOrh"
          + "AaDRGQEHc3VjY2VzcwABBWJhdGNogNmABAELcmVzZXJ2YXRpb24BAgMEBQYBCmNoYXRjbXBsLTEB"
          + "F2J1aWx0aW4veC90ABIvcwDBAgQGCAoMDhASFAEG8QAVMu4AYwYHCAkKC8kAYQABDg8BAAEA/xcB"
          + "AgABAQEHdGltZW91dBgAAAABDXVua25vd25fbW9kZWwCA3J1bkcABzIAAQY2Af8HAQdmYWlsdXJl"
          + "AQR0b29sCgMEc3RlcDkACf8HCXRvb2xfY2FsbAMNFQAOBAZhY3Rpb2wACvAQCXBhZ2VfdmlldxIB"
          + "AQF0AQFzAAEGY2FsbC0yAQFyAQ==";

  @Test
  void everyKindOfEventSurvivesTheWayThroughAStream() {
    Block block = block("k-1");
    assertThat(BlockCodec.decode(BlockCodec.encode(block))).isEqualTo(block);
  }

  @Test
  void aBlockOfTheFormatBeforeIsRead() {
    assertThat(BlockCodec.decode(Base64.getDecoder().decode(FORMAT_2))).isEqualTo(block("k-1"));
  }

  @Test
  void whatASpanSaysOfItselfAndWhetherAStatusWasStatedSurviveTheWayThroughAStream() {
    EventHeader silent =
        new EventHeader(
            "silent", TIME, null, null, null, null, null, "t", "s", null, Map.of(), Map.of(), true,
            false);
    SpanNames names = new SpanNames("bot", null, "u_1", null, "openai", "gpt-4o");
    AdmittedBatch batch =
        new AdmittedBatch(
            1,
            "p",
            "otlp",
            null,
            1,
            1,
            Map.of(),
            List.of(new UserAction(silent, "page_view", 1)),
            List.of(
                new SpanLink("t", "s", "r", null, null, false, true, names),
                new SpanLink("t", "r", null, null, null, true, false, SpanNames.NONE)));
    Block block = new Block(new UUID(7, 8), 1, 1, List.of(batch));
    assertThat(BlockCodec.decode(BlockCodec.encode(block))).isEqualTo(block);
  }

  @Test
  void batchesOfOneBlockHaveTheApiKeysByWhichTheyCame() {
    AdmittedBatch some = block("k-1").batches().get(0);
    AdmittedBatch none = block(null).batches().get(0);
    Block block =
        new Block(new UUID(5, 6), 99, 12, List.of(some, block("k-2").batches().get(0), none, some));
    assertThat(BlockCodec.decode(BlockCodec.encode(block)).batches())
        .extracting(AdmittedBatch::apiKey)
        .containsExactly("k-1", "k-2", null, "k-1");
  }

  @Test
  void nulBecomesAReplacementCharacterSinceTheLedgerCannotHoldIt() {
    Block block = oneEvent(header("a\0b", Map.of()));
    assertThat(
            BlockCodec.decode(BlockCodec.encode(block))
                .batches()
                .get(0)
                .events()
                .get(0)
                .header()
                .id())
        .isEqualTo("a\uFFFDb");
  }

  @Test
  void aBlockThatIsCutAnywhereIsRefused() {
    byte[] bytes = BlockCodec.encode(block());
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> BlockCodec.decode(cut))
          .as("cut to %d of %d bytes", length, bytes.length)
          .isInstanceOf(CorruptBytesException.class);
    }
  }

  @Test
  void aFormatFromTheFutureIsRefusedByName() {
    byte[] bytes = BlockCodec.encode(block());
    bytes[0] = 9;
    assertThatThrownBy(() -> BlockCodec.decode(bytes))
        .isInstanceOf(CorruptBytesException.class)
        .hasMessageContaining("format 9");
  }

  private static Block block() {
    return block("k-1");
  }

  /** The events of {@link #FORMAT_2}. */
  private static Block block(@Nullable String apiKey) {
    EventHeader header = header("call-ü-1", Map.of("team", "search"));
    ModelCall priced =
        new ModelCall(
            header,
            "openai",
            "gpt-4o",
            "chat",
            "summary",
            "7",
            new TokenUsage(1200, 300, 800, 20, 5, 40, 3, 2, 1, 6),
            1_850_000,
            210_000,
            CallStatus.SUCCESS,
            null,
            "batch",
            Money.ofNanos(4_200_000),
            true,
            "reservation",
            new BillableUnits(1, 2, 3, 4, 5, 6),
            "chatcmpl-1",
            ModelCall.Accounting.NESTABLE,
            new Pricing.Priced(
                new CostBreakdown(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), "builtin/x/openai/gpt-4o"));
    ModelCall unpriced =
        new ModelCall(
            header("call-2", Map.of()),
            null,
            null,
            null,
            null,
            null,
            TokenUsage.of(1, 2),
            ModelCall.UNKNOWN,
            ModelCall.UNKNOWN,
            CallStatus.TIMEOUT,
            "timeout",
            null,
            null,
            false,
            null,
            BillableUnits.NONE,
            null,
            ModelCall.Accounting.STANDALONE,
            new Pricing.Unpriced(Pricing.UnpricedReason.UNKNOWN_MODEL));
    AdmittedBatch batch =
        new AdmittedBatch(
            3,
            "default",
            "native",
            apiKey,
            1_790_000_000_000_000L,
            6,
            Map.of("wrong_type", 2),
            List.of(
                priced,
                unpriced,
                new AgentRun(header("run", Map.of()), "answer", CallStatus.FAILURE, "tool", 5),
                new Step(
                    header("step", Map.of()),
                    Step.Kind.TOOL_CALL,
                    3,
                    "search",
                    CallStatus.SUCCESS,
                    null,
                    7),
                new UserAction(header("action", Map.of()), "page_view", 9)),
            List.of(new SpanLink("t", "s", null, "call-2", "r", true)));
    return new Block(new UUID(5, 6), 99, 12, List.of(batch));
  }

  private static Block oneEvent(EventHeader header) {
    return new Block(
        new UUID(1, 2),
        1,
        1,
        List.of(
            new AdmittedBatch(
                1,
                "p",
                "native",
                null,
                1,
                1,
                Map.of(),
                List.of(new UserAction(header, "page_view", 1)),
                List.of())));
  }

  private static EventHeader header(String id, Map<String, String> tags) {
    return new EventHeader(
        id,
        TIME,
        "production",
        "bot",
        "answers",
        "u_1",
        "s-1",
        "trace",
        "span",
        null,
        tags,
        Map.of("key", "value"),
        id.equals("call-2"));
  }
}
