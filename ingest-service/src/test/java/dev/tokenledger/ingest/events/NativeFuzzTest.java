package dev.tokenledger.ingest.events;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.ingest.Fuzz;
import dev.tokenledger.ingest.decode.Decoded;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class NativeFuzzTest {
  private static final List<String> FIELDS =
      List.of(
          "id",
          "type",
          "time",
          "environment",
          "provider",
          "model",
          "operation",
          "agent",
          "feature",
          "prompt",
          "prompt_version",
          "user",
          "session",
          "trace_id",
          "span_id",
          "parent_span_id",
          "usage",
          "latency_ms",
          "time_to_first_token_ms",
          "duration_ms",
          "status",
          "error_type",
          "service_tier",
          "cost_usd",
          "cache_hit",
          "amends",
          "reservation_id",
          "response_id",
          "task",
          "step_type",
          "step_number",
          "tool",
          "action",
          "tags",
          "attributes",
          "note",
          "messages",
          "data",
          "source",
          "specversion",
          "subject");

  private static final List<String> MEMBERS =
      List.of(
          "input_tokens",
          "output_tokens",
          "cached_input_tokens",
          "input_ms",
          "searches",
          "other",
          "a");

  private final NativeDecoder decoder = new NativeDecoder(100);

  @Test
  void anyFieldMayHoldAnyValueAndTheEventBesideIsTaken() {
    Fuzz fuzz = new Fuzz(20261130);
    String good = event("\"id\":\"good\"");
    for (int i = 0; i < 4_000; i++) {
      StringBuilder fields = new StringBuilder("\"id\":\"bad\"");
      for (int j = fuzz.below(4); j >= 0; j--) {
        fields.append(",\"").append(fuzz.any(FIELDS)).append("\":").append(value(fuzz));
      }
      String bad = event(fields.toString());
      Decoded read = Fuzz.check(bytes('[' + bad + ',' + good + ']'), decoder::json);
      if (read != null) {
        assertTaken(read);
      }
      read = Fuzz.check(bytes(bad + '\n' + good), decoder::lines);
      assertThat(read).isNotNull();
      assertTaken(read);
      Fuzz.check(
          bytes(
              "{\"specversion\":\"1.0\",\"source\":"
                  + fuzz.value()
                  + ",\"id\":"
                  + fuzz.value()
                  + ",\"time\":"
                  + fuzz.value()
                  + ",\"subject\":"
                  + fuzz.value()
                  + ",\"data\":"
                  + bad
                  + '}'),
          decoder::cloudEvents);
    }
  }

  @Test
  void bodiesThatWereMutatedAreRefusedOrEachOfTheirItemsIsAnswered() {
    Fuzz fuzz = new Fuzz(7);
    List<byte[]> bodies = new ArrayList<>();
    bodies.add(
        bytes(
            '[' + event("\"id\":\"a\"") + ',' + event("\"id\":\"b\",\"cost_usd\":\"0.1\"") + ']'));
    bodies.add(bytes("{\"events\":[" + event("\"id\":\"a\"") + "]}"));
    bodies.add(bytes(event("\"id\":\"a\"") + '\n' + event("\"id\":\"b\"") + "\r\n\n"));
    bodies.add(
        bytes(
            "[{\"specversion\":\"1.0\",\"source\":\"s\",\"id\":\"1\",\"data\":"
                + event("\"x\":1")
                + "}]"));
    for (int i = 0; i < 6_000; i++) {
      byte[] body = fuzz.mutated(fuzz.any(bodies));
      Fuzz.check(body, decoder::json);
      Fuzz.check(body, decoder::lines);
      Fuzz.check(body, decoder::cloudEvents);
    }
  }

  private static String value(Fuzz fuzz) {
    return fuzz.below(3) > 0
        ? fuzz.value()
        : "{\""
            + fuzz.any(MEMBERS)
            + "\":"
            + fuzz.value()
            + ",\""
            + fuzz.any(MEMBERS)
            + "\":"
            + fuzz.value()
            + '}';
  }

  /** The good event is there, whatever became of the other. */
  private static void assertTaken(Decoded read) {
    Set<String> ids = new HashSet<>();
    read.events().forEach(draft -> ids.add(draft.event().header().id()));
    assertThat(ids).contains("good");
    assertThat(read.items()).isEqualTo(read.events().size() + read.rejected().size());
  }

  private static String event(String more) {
    return "{\"type\":\"model_call\",\"time\":\"2026-11-20T10:00:00Z\",\"model\":\"gpt-4o\",\"usage\":{"
        + "\"input_tokens\":10,\"output_tokens\":5},"
        + more
        + '}';
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
