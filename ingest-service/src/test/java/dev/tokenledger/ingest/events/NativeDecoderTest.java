package dev.tokenledger.ingest.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tokenledger.ingest.decode.Decoded;
import dev.tokenledger.ingest.decode.Rejection;
import dev.tokenledger.ingest.decode.RejectionCode;
import dev.tokenledger.platform.problem.ProblemException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NativeDecoderTest {
  private static final int MAX_EVENTS = 100;

  private final NativeDecoder decoder = new NativeDecoder(MAX_EVENTS);

  @Test
  void aNumberOfManyDigitsRefusesItsEventAlone() {
    String digits = "1".repeat(2_000);
    Decoded decoded =
        json("[" + event("a", "\"latency_ms\": 0." + digits) + "," + event("b", null) + "]");
    assertThat(decoded.rejected())
        .extracting(Rejection::code)
        .containsExactly(RejectionCode.VALUE_TOO_LONG);
    assertThat(decoded.events()).hasSize(1);
    assertThat(
            json("[" + event("a", "\"usage\": {\"input_tokens\": " + digits + "}") + "]")
                .rejected())
        .extracting(Rejection::code)
        .containsExactly(RejectionCode.VALUE_TOO_LARGE);
    assertThat(json("[" + event("a", "\"other\": " + digits) + "]").events()).hasSize(1);
  }

  @Test
  @Timeout(20)
  void aCostOfAMillionDigitsIsRefusedUnread() {
    for (String cost : new String[] {"1".repeat(3_000_000), "0." + "1".repeat(3_000_000)}) {
      for (String written : new String[] {cost, '"' + cost + '"'}) {
        assertThat(json("[" + event("a", "\"cost_usd\": " + written) + "]").rejected())
            .extracting(Rejection::code)
            .containsExactly(RejectionCode.VALUE_TOO_LONG);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"100000.01", "1000000", "1e300"})
  void aCostThatWouldFillASumIsRefused(String cost) {
    assertThat(json("[" + event("a", "\"cost_usd\": \"" + cost + "\"") + "]").rejected())
        .extracting(Rejection::code)
        .containsExactly(RejectionCode.VALUE_TOO_LARGE);
  }

  @Test
  void aDurationBeyondTheAdmissionWindowIsRefused() {
    long days40 = Duration.ofDays(40).toMillis();
    assertThat(json("[" + event("a", "\"latency_ms\": " + days40) + "]").events()).hasSize(1);
    assertThat(json("[" + event("a", "\"latency_ms\": " + (days40 + 1)) + "]").rejected())
        .extracting(Rejection::code)
        .containsExactly(RejectionCode.VALUE_TOO_LARGE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"%s%s", "%s %s", "%s garbage", "%s]", "%s,%s"})
  void aLineThatHoldsMoreThanOneEventIsRefusedAndNoneOfItIsTaken(String line) {
    String text =
        event("a", null)
            + '\n'
            + line.formatted(event("b", null), event("c", null))
            + '\n'
            + event("d", null);
    Decoded decoded = decoder.lines(text.getBytes(StandardCharsets.UTF_8));
    assertThat(decoded.items()).isEqualTo(3);
    assertThat(decoded.events()).extracting(d -> d.event().header().id()).containsExactly("a", "d");
    assertThat(decoded.rejected()).extracting(Rejection::index).containsExactly(1);
    assertThat(decoded.rejected().get(0).code()).isEqualTo(RejectionCode.MALFORMED_EVENT);
  }

  @Test
  void whatFollowsACloudEventIsNotDroppedInSilence() {
    byte[] body = "{\"specversion\":\"1.0\"}{}".getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> decoder.cloudEvents(body))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("Something follows");
  }

  @Test
  void aSecondMemberEventsThatIsNoArrayIsSaidToBeSo() {
    assertThatThrownBy(() -> json("{\"events\": [], \"events\": {\"a\": 1}}"))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("must be an array");
  }

  @Test
  void nestingWithoutEndIsNotCalledBroken() {
    assertThatThrownBy(() -> json("[".repeat(5_000) + "]".repeat(5_000)))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("nests too deep");
  }

  @Test
  @Timeout(20)
  void tagsWithoutEndRefuseTheirEventAlone() {
    StringBuilder tags = new StringBuilder("\"tags\": {\"first\": 1");
    for (int i = 0; i < 500_000; i++) {
      tags.append(",\"").append(i).append("\":{\"a\":[]}");
    }
    Decoded decoded = json("[" + event("a", tags + "}") + "," + event("b", null) + "]");
    assertThat(decoded.rejected()).extracting(Rejection::index).containsExactly(0);
    assertThat(decoded.events()).extracting(d -> d.event().header().id()).containsExactly("b");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\\u0000b", "\\u0000", "a\\ud800", "\\udc00\\ud800"})
  void anIdThatNoStoreCanKeepIsRejectedAndNotMadeLikeAnother(String id) {
    for (String field : new String[] {"id", "session", "trace_id", "span_id", "response_id"}) {
      assertThat(json("[" + event("a", "\"" + field + "\": \"" + id + "\"") + "]").rejected())
          .as(field)
          .extracting(Rejection::code)
          .containsExactly(RejectionCode.INVALID_VALUE);
    }
    assertThat(json("[" + event("a", "\"session\": \"\\ud83d\\ude00\"") + "]").events()).hasSize(1);
  }

  @Test
  void cloudEventsWhoseSourceHasTheSeparatorStayDifferent() {
    assertThat(cloudEvent("s#t", "u")).isNotEqualTo(cloudEvent("s", "t#u"));
    assertThat(cloudEvent("s", "t")).isEqualTo("s#t");
  }

  private String cloudEvent(String source, String id) {
    String body =
        "{\"specversion\":\"1.0\",\"source\":\"%s\",\"id\":\"%s\",\"data\":{\"type\":\"model_call\",\"time\":\"2026-11-20T10:00:00Z\"}}"
            .formatted(source, id);
    Decoded decoded = decoder.cloudEvents(body.getBytes(StandardCharsets.UTF_8));
    return decoded.events().get(0).event().header().id();
  }

  private Decoded json(String body) {
    return decoder.json(body.getBytes(StandardCharsets.UTF_8));
  }

  private static String event(String id, String more) {
    return "{\"id\": \""
        + id
        + "\", \"type\": \"model_call\", \"time\": \"2026-11-20T10:00:00Z\""
        + (more == null ? "" : ", " + more)
        + "}";
  }
}
