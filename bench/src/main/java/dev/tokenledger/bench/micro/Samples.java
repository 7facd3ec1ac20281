package dev.tokenledger.bench.micro;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import dev.tokenledger.bench.ledger.LedgerTraffic;
import dev.tokenledger.bench.load.LoadBodies;
import dev.tokenledger.bench.traffic.TokenLengths;
import dev.tokenledger.bench.traffic.Traffic;
import dev.tokenledger.model.stream.AdmittedBatch;
import dev.tokenledger.model.stream.Block;
import dev.tokenledger.model.trace.WrapperRule;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/** What the microbenchmarks work on: always the same. */
public final class Samples {
  /** Events in a request, and spans in a trace. */
  public static final int EVENTS = 100;

  private Samples() {}

  /** The body of a request with native events. */
  public static byte[] nativeJson() {
    return LoadBodies.json(new Traffic(1, TokenLengths.logNormal()), EVENTS);
  }

  /** A block of one admitted request, priced. */
  static Block block() {
    return new Block(new UUID(1, 2), 3, 4, List.of(batch()));
  }

  static AdmittedBatch batch() {
    Instant end = Instant.parse("2026-11-20T10:00:00Z");
    return new LedgerTraffic(new Traffic(1, TokenLengths.logNormal()), 1, "micro-")
        .batch(EVENTS, end.minusSeconds(1), end);
  }

  /** An OTLP/JSON request: one trace, an agent's span above, model calls beneath. */
  static byte[] otlpJson() {
    StringBuilder spans = new StringBuilder();
    for (int i = 0; i < EVENTS; i++) {
      spans
          .append(i == 0 ? "" : ",")
          .append("{\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"spanId\":\"")
          .append(String.format("%016x", i + 1))
          .append(i == 0 ? "" : "\",\"parentSpanId\":\"0000000000000001")
          .append("\",\"name\":\"chat gpt-4o\",\"kind\":3,\"startTimeUnixNano\":\"1763632800")
          .append("000000000\",\"endTimeUnixNano\":\"1763632801500000000\",\"attributes\":[")
          .append(text("gen_ai.operation.name", i == 0 ? "invoke_agent" : "chat"))
          .append(',')
          .append(text(i == 0 ? "gen_ai.agent.name" : "gen_ai.request.model", "gpt-4o"));
      if (i > 0) {
        spans
            .append(',')
            .append(text("gen_ai.provider.name", "openai"))
            .append(',')
            .append(number("gen_ai.usage.input_tokens", 1_000 + i))
            .append(',')
            .append(number("gen_ai.usage.output_tokens", 100 + i));
      }
      spans.append("],\"status\":{}}");
    }
    return ("{\"resourceSpans\":[{\"resource\":{\"attributes\":["
            + text("service.name", "shop")
            + "]},\"scopeSpans\":[{\"scope\":{\"name\":\"bench\"},\"spans\":["
            + spans
            + "]}]}]}")
        .getBytes(StandardCharsets.UTF_8);
  }

  /**
   * As {@link #otlpJson}, but as instrumentations send it that record content: each call with its
   * prompt and answer, some 6 KB, and with parameters that are of no use here.
   */
  static byte[] otlpJsonWithContent() {
    String prompt = "Summarise the following ticket for the support team. ".repeat(60);
    String answer = "The customer reports that the order has not arrived. ".repeat(20);
    String content =
        text("gen_ai.prompt.0.role", "system")
            + ','
            + text("gen_ai.prompt.0.content", "You are a helpful assistant.")
            + ','
            + text("gen_ai.prompt.1.role", "user")
            + ','
            + text("gen_ai.prompt.1.content", prompt)
            + ','
            + text("gen_ai.completion.0.role", "assistant")
            + ','
            + text("gen_ai.completion.0.content", answer)
            + ','
            + text("gen_ai.openai.api_base", "https://api.openai.com/v1/")
            + ','
            + text("gen_ai.response.id", "chatcmpl-8f2a")
            + ','
            + text("user.id", "user-17")
            + ','
            + text("thread.name", "worker-4")
            + ','
            + number("thread.id", 4)
            + ',';
    return new String(otlpJson(), StandardCharsets.UTF_8)
        .replace(
            "\"attributes\":[{\"key\":\"gen_ai.op",
            "\"attributes\":[" + content + "{\"key\":\"gen_ai.op")
        .getBytes(StandardCharsets.UTF_8);
  }

  /** One of the requests above in the binary encoding. */
  static byte[] otlpProtobuf(byte[] json) {
    try {
      ExportTraceServiceRequest.Builder request = ExportTraceServiceRequest.newBuilder();
      for (JsonNode resource : new ObjectMapper().readTree(json).path("resourceSpans")) {
        ResourceSpans.Builder spans = request.addResourceSpansBuilder();
        attributes(resource.path("resource"), spans.getResourceBuilder()::addAttributes);
        ScopeSpans.Builder scope = spans.addScopeSpansBuilder();
        scope.getScopeBuilder().setName("bench");
        for (JsonNode node : resource.path("scopeSpans").path(0).path("spans")) {
          Span.Builder span = scope.addSpansBuilder();
          span.setTraceId(id(node, "traceId"))
              .setSpanId(id(node, "spanId"))
              .setParentSpanId(id(node, "parentSpanId"))
              .setName(node.path("name").asText())
              .setKindValue(node.path("kind").asInt())
              .setStartTimeUnixNano(node.path("startTimeUnixNano").asLong())
              .setEndTimeUnixNano(node.path("endTimeUnixNano").asLong());
          attributes(node, span::addAttributes);
        }
      }
      return request.build().toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException("the sample is no JSON", e);
    }
  }

  private static ByteString id(JsonNode node, String name) {
    return ByteString.copyFrom(HexFormat.of().parseHex(node.path(name).asText("")));
  }

  private static void attributes(JsonNode parent, Consumer<KeyValue> into) {
    for (JsonNode attribute : parent.path("attributes")) {
      JsonNode value = attribute.path("value");
      AnyValue.Builder any = AnyValue.newBuilder();
      if (value.has("intValue")) {
        any.setIntValue(value.path("intValue").asLong());
      } else {
        any.setStringValue(value.path("stringValue").asText());
      }
      into.accept(
          KeyValue.newBuilder().setKey(attribute.path("key").asText()).setValue(any).build());
    }
  }

  /** A trace of agent, wrappers and calls: every fourth span is a call, its parent reports too. */
  static List<WrapperRule.Node> trace() {
    List<WrapperRule.Node> nodes = new ArrayList<>();
    for (int i = 0; i < EVENTS; i++) {
      boolean reports = i % 4 >= 2;
      nodes.add(
          new WrapperRule.Node(
              "span-" + i,
              i == 0 ? null : "span-" + (i % 4 == 0 ? 0 : i - 1),
              reports ? "event-" + i : null,
              null,
              reports ? 1_000 : 0,
              false));
    }
    return nodes;
  }

  private static String text(String key, String value) {
    return "{\"key\":\"" + key + "\",\"value\":{\"stringValue\":\"" + value + "\"}}";
  }

  private static String number(String key, int value) {
    return "{\"key\":\"" + key + "\",\"value\":{\"intValue\":\"" + value + "\"}}";
  }
}
