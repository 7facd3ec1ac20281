package dev.tokenledger.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.bench.traffic.Call;
import dev.tokenledger.bench.traffic.TokenLengths;
import dev.tokenledger.bench.traffic.Traffic;
import dev.tokenledger.ingest.decode.Decoded;
import dev.tokenledger.ingest.otlp.OtlpTraceDecoder;
import dev.tokenledger.model.event.ModelCall;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class SpanPayloadTest {
  private static final int SPANS = 50;
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");

  private static List<Call> calls() {
    Traffic traffic = new Traffic(1, TokenLengths.logNormal());
    List<Call> calls = new ArrayList<>();
    for (int i = 0; i < SPANS; i++) {
      calls.add(traffic.next());
    }
    return calls;
  }

  private static Decoded decode(boolean json, long firstId) {
    SpanPayload payload = SpanPayload.of("localhost:8080", "key", json, calls());
    byte[] request = new byte[payload.length()];
    payload.write(request, 0x1234_5670_0000_0000L, firstId, firstId, NOW.toEpochMilli());
    int body =
        new String(request, StandardCharsets.ISO_8859_1).indexOf("\r\n\r\n") + "\r\n\r\n".length();
    byte[] bytes = Arrays.copyOfRange(request, body, request.length);
    OtlpTraceDecoder decoder = new OtlpTraceDecoder();
    return json ? decoder.decodeJson(bytes) : decoder.decodeProtobuf(bytes);
  }

  @Test
  void bothEncodingsSayTheSameEvents() {
    Decoded json = decode(true, 0);
    Decoded protobuf = decode(false, 0);
    assertThat(json.rejected()).isEmpty();
    assertThat(json.events()).hasSize(SPANS).isEqualTo(protobuf.events());
    assertThat(json.links()).isEqualTo(protobuf.links());
  }

  @Test
  void spansHaveTheTokensOfTheirCalls() {
    List<Call> calls = calls();
    for (Decoded.Draft draft : decode(false, 7).events()) {
      if (draft.event() instanceof ModelCall call) {
        assertThat(call.usage().input()).isEqualTo(calls.get(draft.index()).inputTokens());
        assertThat(call.model()).isEqualTo(calls.get(draft.index()).model());
        assertThat(call.header().time()).isBefore(NOW.plusMillis(1));
      }
    }
  }

  @Test
  void twoRequestsShareNoSpan() {
    Set<String> ids = new HashSet<>();
    for (long first : List.of(0L, (long) SPANS)) {
      decode(true, first).events().forEach(draft -> ids.add(draft.event().header().id()));
    }
    assertThat(ids).hasSize(2 * SPANS);
  }
}
