package dev.tokenledger.ingest.otlp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.ingest.Fuzz;
import dev.tokenledger.ingest.decode.Decoded;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class OtlpFuzzTest {
  private static final String GOOD =
      OtlpJson.span(OtlpJson.TRACE, "00f067aa0ba902b7", null, "chat")
          .with("gen_ai.operation.name", "chat")
          .with("gen_ai.request.model", "gpt-4o")
          .toString();

  private static final List<String> FIELDS =
      List.of(
          "traceId",
          "spanId",
          "parentSpanId",
          "name",
          "startTimeUnixNano",
          "endTimeUnixNano",
          "status",
          "attributes",
          "events",
          "links",
          "kind");

  private static final List<String> TYPES =
      List.of(
          "stringValue",
          "intValue",
          "doubleValue",
          "boolValue",
          "arrayValue",
          "kvlistValue",
          "bytesValue");

  private final OtlpTraceDecoder decoder = new OtlpTraceDecoder(100);
  private final List<String> names = new ArrayList<>();

  OtlpFuzzTest() {
    names.addAll(AttributeNames.all());
    AttributeNames.PREFIXES.forEach(prefix -> names.add(prefix + "x"));
    names.addAll(List.of("", "gen_ai", "gen_ai.usage", "http.method", "input_tokens"));
  }

  @Test
  void anyAttributeMayHoldAnyValueAndTheSpanBesideIsTaken() throws IOException {
    Fuzz fuzz = new Fuzz(20261130);
    for (int i = 0; i < 4_000; i++) {
      String bad =
          OtlpJson.chat()
              .toString()
              .replace("\"attributes\":[", "\"attributes\":[" + attributes(fuzz));
      if (fuzz.below(3) == 0) {
        bad = "{\"" + fuzz.any(FIELDS) + "\":" + fuzz.value() + ',' + bad.substring(1);
      }
      if (fuzz.below(3) == 0) {
        bad =
            bad.substring(0, bad.length() - 1)
                + ",\""
                + fuzz.any(FIELDS)
                + "\":"
                + fuzz.value()
                + '}';
      }
      byte[] json = OtlpJson.request(bad, GOOD);
      assertTaken(json, Fuzz.check(json, decoder::decodeJson));
      byte[] protobuf = bad.contains("\\ud") ? null : protobuf(json);
      if (protobuf != null) {
        assertTaken(json, Fuzz.check(protobuf, decoder::decodeProtobuf));
      }
    }
  }

  @Test
  void requestsThatWereMutatedAreRefusedOrEachOfTheirSpansIsAnswered() throws IOException {
    Fuzz fuzz = new Fuzz(7);
    byte[] json = OtlpJson.request(OtlpJson.chat().with("user.id", "ann").with("ttft_ms", 5), GOOD);
    byte[] protobuf = OtlpProtobuf.of(json);
    for (int i = 0; i < 6_000; i++) {
      Fuzz.check(fuzz.mutated(json), decoder::decodeJson);
      Fuzz.check(fuzz.mutated(protobuf), decoder::decodeProtobuf);
    }
  }

  private String attributes(Fuzz fuzz) {
    StringBuilder attributes = new StringBuilder();
    for (int i = fuzz.below(5); i >= 0; i--) {
      String key = "\"key\":\"" + fuzz.any(names) + '"';
      String value = "\"value\":{\"" + fuzz.any(TYPES) + "\":" + content(fuzz) + '}';
      attributes
          .append('{')
          .append(fuzz.below(4) == 0 ? value + ',' + key : key + ',' + value)
          .append("},");
    }
    return attributes.toString();
  }

  private static String content(Fuzz fuzz) {
    return fuzz.below(5) > 0
        ? fuzz.value()
        : "{\"values\":[{\"key\":\"input_tokens\",\"value\":{\"stringValue\":"
            + fuzz.value()
            + "}},{\"stringValue\":"
            + fuzz.value()
            + "}]}";
  }

  /** The request in the binary encoding, or null where it cannot be written in it. */
  private static byte[] protobuf(byte[] json) {
    try {
      return OtlpProtobuf.of(json);
    } catch (IOException | RuntimeException e) {
      return null;
    }
  }

  private static void assertTaken(byte[] json, Decoded decoded) {
    assertThat(decoded).as(new String(json, StandardCharsets.UTF_8)).isNotNull();
    assertThat(decoded.items()).isEqualTo(2);
    assertThat(decoded.events())
        .extracting(draft -> draft.event().header().id())
        .contains(OtlpJson.TRACE + "/00f067aa0ba902b7");
  }
}
