package dev.tokenledger.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tokenledger.bench.traffic.Call;
import dev.tokenledger.bench.traffic.TokenLengths;
import dev.tokenledger.bench.traffic.Traffic;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class PayloadTest {
  private static final int EVENTS = 50;
  private static final long RUN = 0x1234_5670_0000_0000L;

  private final Payload payload = Payload.of("localhost:8080", "key", calls());

  private static List<Call> calls() {
    Traffic traffic = new Traffic(1, TokenLengths.logNormal());
    List<Call> calls = new ArrayList<>();
    for (int i = 0; i < EVENTS; i++) {
      calls.add(traffic.next());
    }
    return calls;
  }

  private String request(long firstId, long firstSession, Instant time) {
    byte[] buffer = new byte[payload.length()];
    payload.write(buffer, RUN, firstId, firstSession, time.toEpochMilli());
    return new String(buffer, StandardCharsets.US_ASCII);
  }

  private static JsonNode body(String request) throws IOException {
    return new ObjectMapper().readTree(request.substring(request.indexOf("\r\n\r\n") + 4));
  }

  @Test
  void lengthInTheHeaderIsTheLengthOfTheBody() {
    String request = request(0, 0, Instant.EPOCH);
    assertThat(request)
        .contains(
            "Content-Length: " + (request.length() - request.indexOf("\r\n\r\n") - 4) + "\r\n");
  }

  @Test
  void twoRequestsFromOnePayloadShareNoIdAndNoSession() throws IOException {
    Set<String> ids = new HashSet<>();
    Set<String> first = new HashSet<>();
    Set<String> second = new HashSet<>();
    for (JsonNode event : body(request(0, 0, Instant.EPOCH))) {
      ids.add(event.get("id").asText());
      first.add(event.get("session").asText());
    }
    for (JsonNode event : body(request(EVENTS, 100_000, Instant.EPOCH))) {
      ids.add(event.get("id").asText());
      second.add(event.get("session").asText());
    }
    assertThat(ids).hasSize(2 * EVENTS);
    assertThat(first).doesNotContainAnyElementsOf(second);
  }

  @Test
  void lastEventHasTheTimeGivenAndOthersTheSecondBeforeIt() throws IOException {
    for (String time :
        List.of(
            "2028-02-29T23:59:59.999Z", "2027-01-01T00:00:00.500Z", "2026-11-20T10:20:30.001Z")) {
      Instant last = Instant.parse(time);
      JsonNode events = body(request(0, 0, last));
      assertThat(Instant.parse(events.get(EVENTS - 1).get("time").asText())).isEqualTo(last);
      for (JsonNode event : events) {
        assertThat(Instant.parse(event.get("time").asText())).isBetween(last.minusSeconds(1), last);
      }
    }
  }
}
