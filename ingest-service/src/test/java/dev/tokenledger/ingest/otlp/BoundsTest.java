package dev.tokenledger.ingest.otlp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tokenledger.ingest.decode.Decoded;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How much a request may hold, and in which order. */
@Timeout(60)
class BoundsTest {
  private static final int MAX_SPANS = 50;

  private final OtlpTraceDecoder decoder = new OtlpTraceDecoder(MAX_SPANS);

  @Test
  void aSpanTooManyRefusesTheRequestInEitherEncoding() {
    byte[] full = json("{}" + ",{}".repeat(MAX_SPANS - 1));
    assertThat(decoder.decodeJson(full).items()).isEqualTo(MAX_SPANS);
    assertTooMany(() -> decoder.decodeJson(json("{}" + ",{}".repeat(MAX_SPANS))));
    assertTooMany(() -> decoder.decodeJson(json("{}" + ",{}".repeat(4_000_000))));
    byte[] empty = {ScopeSpans.SPANS_FIELD_NUMBER << 3 | 2, 0};
    assertThat(decoder.decodeProtobuf(scope(repeat(empty, MAX_SPANS))).items())
        .isEqualTo(MAX_SPANS);
    assertTooMany(() -> decoder.decodeProtobuf(scope(repeat(empty, MAX_SPANS + 1))));
    assertTooMany(() -> decoder.decodeProtobuf(scope(repeat(empty, 1_000_000))));
  }

  @Test
  void groupsWithoutSpansAreBoundedAsWell() {
    byte[] resource = {ExportTraceServiceRequest.RESOURCE_SPANS_FIELD_NUMBER << 3 | 2, 0};
    assertThat(decoder.decodeProtobuf(repeat(resource, MAX_SPANS)).items()).isZero();
    assertTooMany(() -> decoder.decodeProtobuf(repeat(resource, 1_000_000)));
    assertTooMany(
        () ->
            decoder.decodeJson(
                ("{\"resourceSpans\":[{}" + ",{}".repeat(1_000_000) + "]}")
                    .getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void attributesEventsListsAndMapsWithoutEndLeaveTheUsageOfTheirSpan() throws IOException {
    OtlpJson span = OtlpJson.chat();
    for (int i = 0; i < 20_000; i++) {
      span.with("tokenledger.attributes." + i, "value");
      span.with("gen_ai.prompt." + i + ".content", "a prompt");
    }
    span.with("gen_ai.usage.input_tokens", 7);
    String element = "{\"stringValue\":\"x\"}";
    String member = "{\"key\":\"k\",\"value\":" + element + "}";
    String many =
        span.toString()
            .replace(
                "\"attributes\":[",
                "\"events\":[{\"name\":\"first token\"}"
                    + ",{\"name\":\"other\"}".repeat(300_000)
                    + "],\"attributes\":["
                    + "{\"key\":\"gen_ai.response.finish_reasons\",\"value\":{\"arrayValue\":{\"values\":["
                    + element
                    + ("," + element).repeat(300_000)
                    + "]}}},{\"key\":\"gen_ai\",\"value\":{\"kvlistValue\":{\"values\":["
                    + member
                    + ("," + member).repeat(300_000)
                    + "]}}},");
    Decoded decoded = decoder.decodeJson(OtlpJson.request(many));
    ModelCall call = Ledger.events(decoded, ModelCall.class).get(0);
    assertThat(call.usage().input()).isEqualTo(7);
    assertThat(call.header().attributes().size()).isLessThanOrEqualTo(40);
    byte[] protobuf = OtlpProtobuf.of(OtlpJson.request(span.toString()));
    assertThat(Ledger.events(decoder.decodeProtobuf(protobuf), ModelCall.class).get(0).usage())
        .isEqualTo(call.usage());
  }

  @Test
  void aResourceAndAScopeThatComeAfterTheirSpansAreTheirsAllTheSame() {
    String span = OtlpJson.chat().toString();
    String after =
        "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":["
            + span
            + "],\"scope\":{\"name\":\"late\"}}],\"resource\":{\"attributes\":[{\"key\":"
            + "\"service.name\",\"value\":{\"stringValue\":\"shop\"}}]}},{\"scopeSpans\":[{}]}]}";
    ModelCall call =
        Ledger.events(decoder.decodeJson(after.getBytes(StandardCharsets.UTF_8)), ModelCall.class)
            .get(0);
    assertThat(call.header().tags()).containsExactly(Map.entry("service", "shop"));
    assertThat(call.header().attributes()).containsEntry("otel.scope.name", "late");
  }

  @Test
  void aResourceThatComesAfterItsSpansInProtobufIsTheirs() throws IOException {
    byte[] request = OtlpProtobuf.of(OtlpJson.request(OtlpJson.chat()));
    ResourceSpans group = ExportTraceServiceRequest.parseFrom(request).getResourceSpans(0);
    ByteArrayOutputStream reversed = new ByteArrayOutputStream();
    reversed.writeBytes(ResourceSpans.newBuilder(group).clearResource().build().toByteArray());
    reversed.writeBytes(
        ResourceSpans.newBuilder()
            .setResource(
                Resource.newBuilder()
                    .addAttributes(
                        KeyValue.newBuilder()
                            .setKey("service.name")
                            .setValue(AnyValue.newBuilder().setStringValue("shop"))))
            .build()
            .toByteArray());
    byte[] body =
        message(ExportTraceServiceRequest.RESOURCE_SPANS_FIELD_NUMBER, reversed.toByteArray());
    ModelCall call = Ledger.events(decoder.decodeProtobuf(body), ModelCall.class).get(0);
    assertThat(call.header().tags()).containsExactly(Map.entry("service", "shop"));
  }

  @Test
  void aValueThatComesBeforeItsKeyIsRead() {
    String span =
        OtlpJson.chat()
            .toString()
            .replace(
                "\"attributes\":[",
                "\"attributes\":[{\"value\":{\"stringValue\":\"ann\"},\"key\":\"user.id\"},"
                    + "{\"value\":{\"kvlistValue\":{\"values\":[{\"value\":{\"intValue\":\"9\"},"
                    + "\"key\":\"input_tokens\"}]}},\"key\":\"gen_ai.usage\"},");
    ModelCall call =
        Ledger.events(decoder.decodeJson(OtlpJson.request(span)), ModelCall.class).get(0);
    assertThat(call.header().user()).isEqualTo("ann");
    assertThat(call.usage().input()).isEqualTo(9);
  }

  @Test
  void aSpanThatIsBrokenInProtobufIsRefusedAlone() throws IOException {
    Span whole =
        ExportTraceServiceRequest.parseFrom(OtlpProtobuf.of(OtlpJson.request(OtlpJson.chat())))
            .getResourceSpans(0)
            .getScopeSpans(0)
            .getSpans(0);
    byte[] broken = whole.toByteArray();
    // The trace id says that it is longer than its span.
    broken[1] = 127;
    broken = Arrays.copyOf(broken, 40);
    ByteArrayOutputStream spans = new ByteArrayOutputStream();
    spans.writeBytes(message(ScopeSpans.SPANS_FIELD_NUMBER, broken));
    spans.writeBytes(message(ScopeSpans.SPANS_FIELD_NUMBER, whole.toByteArray()));
    Decoded decoded = decoder.decodeProtobuf(scope(spans.toByteArray()));
    assertThat(decoded.rejected()).extracting(r -> r.index()).containsExactly(0);
    assertThat(decoded.events()).hasSize(1);
  }

  @Test
  void groupsThatNestWithoutEndInProtobufAreMalformed() {
    byte[] nested = new byte[1_000_000];
    Arrays.fill(nested, (byte) (5 << 3 | 3));
    assertThatThrownBy(() -> decoder.decodeProtobuf(nested))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.code()).isEqualTo(ProblemCode.MALFORMED_BODY));
  }

  @Test
  void identifiersThatDifferBeyondTheirBoundStayDifferent() {
    String prefix = "s".repeat(128);
    for (String name : new String[] {"session.id", "gen_ai.response.id", "user.id"}) {
      String start = name.equals("user.id") ? prefix + prefix : prefix;
      String one = identifier(name, start + "one");
      assertThat(one).isNotEqualTo(identifier(name, start + "two")).hasSizeLessThanOrEqualTo(256);
      assertThat(one).isEqualTo(identifier(name, start + "one"));
      assertThat(identifier(name, "a\u0000b")).isNotEqualTo(identifier(name, "a\uFFFDb"));
      assertThat(identifier(name, "L".repeat(5_000) + 1))
          .isNotEqualTo(identifier(name, "L".repeat(5_000) + 2));
    }
  }

  private String identifier(String name, String value) {
    ModelCall call =
        Ledger.events(
                decoder.decodeJson(OtlpJson.request(OtlpJson.chat().with(name, value))),
                ModelCall.class)
            .get(0);
    return switch (name) {
      case "session.id" -> call.header().session();
      case "user.id" -> call.header().user();
      default -> call.responseId();
    };
  }

  private static void assertTooMany(Runnable decoding) {
    assertThatThrownBy(decoding::run)
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.code()).isEqualTo(ProblemCode.TOO_MANY_EVENTS));
  }

  private static byte[] json(String spans) {
    return ("{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[" + spans + "]}]}]}")
        .getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] scope(byte[] spans) {
    return message(
        ExportTraceServiceRequest.RESOURCE_SPANS_FIELD_NUMBER,
        message(ResourceSpans.SCOPE_SPANS_FIELD_NUMBER, spans));
  }

  private static byte[] message(int field, byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(field << 3 | 2);
    int rest = content.length;
    while (rest > 0x7F) {
      out.write(rest & 0x7F | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
    out.writeBytes(content);
    return out.toByteArray();
  }

  private static byte[] repeat(byte[] part, int times) {
    byte[] all = new byte[part.length * times];
    for (int i = 0; i < all.length; i++) {
      all[i] = part[i % part.length];
    }
    return all;
  }
}
