package dev.tokenledger.ingest.otlp;

import dev.tokenledger.ingest.decode.Decoded;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.event.TokenUsage;
import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.model.trace.SpanLink;
import dev.tokenledger.model.trace.WrapperRule;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What the ledger would hold after some requests: the calls that count, by event id. */
final class Ledger {
  private Ledger() {}

  static Map<String, ModelCall> counted(Decoded... requests) {
    Map<String, ModelCall> calls = new HashMap<>();
    Map<String, Set<SpanLink>> traces = new HashMap<>();
    for (Decoded request : requests) {
      for (ModelCall call : events(request, ModelCall.class)) {
        calls.putIfAbsent(call.header().id(), call);
      }
      for (SpanLink link : request.links()) {
        traces.computeIfAbsent(link.traceId(), id -> new HashSet<>()).add(link);
      }
    }
    Map<String, ModelCall> counted = new TreeMap<>();
    for (Set<SpanLink> links : traces.values()) {
      List<WrapperRule.Node> nodes =
          links.stream()
              .map(link -> WrapperRule.Node.of(link, tokens(calls.get(link.callEventId()))))
              .toList();
      for (String id : WrapperRule.counted(nodes)) {
        counted.put(id, calls.get(id));
      }
    }
    return counted;
  }

  /** {@code <span id> <model> <input>/<output>} of each call that counts, in order. */
  static List<String> lines(Decoded... requests) {
    return counted(requests).values().stream().map(Ledger::line).sorted().toList();
  }

  static String line(ModelCall call) {
    String id = call.header().id();
    TokenUsage usage = call.usage();
    return id.substring(id.indexOf('/') + 1)
        + ' '
        + call.model()
        + ' '
        + usage.input()
        + '/'
        + usage.output();
  }

  static <T extends UsageEvent> List<T> events(Decoded decoded, Class<T> type) {
    return decoded.events().stream()
        .map(Decoded.Draft::event)
        .filter(type::isInstance)
        .map(type::cast)
        .toList();
  }

  private static long tokens(ModelCall call) {
    return call == null ? 0 : call.usage().input() + call.usage().output();
  }
}
