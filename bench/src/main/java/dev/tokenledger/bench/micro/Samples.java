package dev.tokenledger.bench.micro;

import dev.tokenledger.bench.ledger.LedgerTraffic;
import dev.tokenledger.bench.load.LoadBodies;
import dev.tokenledger.bench.traffic.TokenLengths;
import dev.tokenledger.bench.traffic.Traffic;
import dev.tokenledger.model.stream.AdmittedBatch;
import dev.tokenledger.model.stream.Block;
import dev.tokenledger.model.trace.WrapperRule;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

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
