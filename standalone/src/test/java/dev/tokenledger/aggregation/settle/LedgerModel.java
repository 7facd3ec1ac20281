package dev.tokenledger.aggregation.settle;

import dev.tokenledger.model.event.AgentRun;
import dev.tokenledger.model.event.BillableUnits;
import dev.tokenledger.model.event.CallStatus;
import dev.tokenledger.model.event.EventHeader;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.event.Pricing;
import dev.tokenledger.model.event.Step;
import dev.tokenledger.model.event.TokenUsage;
import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.model.price.Catalogue;
import dev.tokenledger.model.price.PriceBook;
import dev.tokenledger.model.trace.SpanLink;
import dev.tokenledger.model.trace.WrapperRule;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the ledger should hold, said as plainly as possible: all records at once, no storage. */
final class LedgerModel {
  private static final PriceBook BOOK = PriceBook.of(Catalogue.builtIn().prices());

  private LedgerModel() {}

  /** One record of an event, with the moment at which the door admitted it. */
  record Record(long version, UsageEvent event) {
    private boolean amends() {
      return event.header().amends();
    }

    private boolean ofSpan() {
      return event.header().spanId() != null;
    }

    private long tokens() {
      return event instanceof ModelCall call ? call.usage().input() + call.usage().output() : 0;
    }

    private long micros() {
      long micros =
          event instanceof ModelCall call
              ? call.latencyMicros()
              : event instanceof AgentRun run
                  ? run.durationMicros()
                  : ((Step) event).durationMicros();
      return Math.max(0, micros);
    }

    private boolean failed() {
      return status(event) == CallStatus.FAILURE;
    }
  }

  /** The events that records and places of spans make, field by field. */
  static Map<String, Map<String, Object>> events(List<Record> records, List<SpanLink> links) {
    Map<String, List<Record>> byId =
        records.stream().collect(Collectors.groupingBy(r -> r.event().header().id()));
    Map<String, SpanLink> spans = new HashMap<>();
    links.forEach(
        l -> spans.merge(SpanLink.eventId(l.traceId(), l.spanId()), l, LedgerModel::later));
    Map<String, Map<String, Object>> events = new TreeMap<>();
    byId.forEach((id, all) -> events.put(id, event(all, spans)));
    links.stream().collect(Collectors.groupingBy(SpanLink::traceId)).values().stream()
        .flatMap(trace -> uncounted(trace, events).stream())
        .forEach(id -> events.get(id).put("counted", false));
    return events;
  }

  private static Map<String, Object> event(List<Record> all, Map<String, SpanLink> spans) {
    Comparator<Record> fuller =
        Comparator.comparingLong(Record::tokens)
            .thenComparingLong(Record::micros)
            .thenComparing(Record::failed);
    Comparator<Record> earlier = Comparator.comparingLong(Record::version).reversed();
    Map<String, Object> event = new TreeMap<>(Map.of("counted", true));
    all.stream()
        .filter(r -> !r.amends())
        .max(all.get(0).ofSpan() ? fuller.thenComparing(earlier) : earlier)
        .ifPresent(base -> event.putAll(said(base.event(), true)));
    all.stream()
        .filter(Record::amends)
        .sorted(Comparator.comparingLong(Record::version))
        .forEach(update -> event.putAll(said(update.event(), event.size() == 1)));
    for (SpanLink at = spans.get(all.get(0).event().header().id());
        at != null;
        at = above(at, spans)) {
      SpanLink above = above(at, spans);
      if (above != null) {
        put(event, "agent", above.names().agent());
        put(event, "feature", above.names().feature());
        put(event, "user", above.names().user());
        if (all.get(0).event() instanceof ModelCall && !event.containsKey("model")) {
          put(event, "model", above.names().model());
          put(event, "provider", above.names().model() == null ? null : above.names().provider());
        }
      }
    }
    if (all.get(0).event() instanceof ModelCall) {
      addPrice(event);
    }
    return event;
  }

  private static void put(Map<String, Object> event, String name, @Nullable Object value) {
    if (value != null) {
      event.putIfAbsent(name, value);
    }
  }

  private static @Nullable SpanLink above(SpanLink span, Map<String, SpanLink> spans) {
    return span.parentSpanId() == null
        ? null
        : spans.get(SpanLink.eventId(span.traceId(), span.parentSpanId()));
  }

  /** Links come in the order of admission: of two copies that say as much the later is asked. */
  private static SpanLink later(SpanLink a, SpanLink b) {
    return said(a) > said(b) ? a : b;
  }

  private static long said(SpanLink link) {
    return java.util.stream.Stream.of(
            link.names().agent(),
            link.names().feature(),
            link.names().user(),
            link.names().provider(),
            link.names().model())
        .filter(java.util.Objects::nonNull)
        .count();
  }

  private static List<String> uncounted(
      List<SpanLink> trace, Map<String, Map<String, Object>> events) {
    Set<String> counted =
        WrapperRule.counted(
            trace.stream().map(link -> WrapperRule.Node.of(link, tokens(link, events))).toList());
    return trace.stream()
        .map(SpanLink::callEventId)
        .filter(id -> id != null && !counted.contains(id))
        .toList();
  }

  private static long tokens(SpanLink link, Map<String, Map<String, Object>> events) {
    if (link.callEventId() == null) {
      return 0;
    }
    Map<String, Object> event = events.get(link.callEventId());
    return (long) event.getOrDefault("input", 0L) + (long) event.getOrDefault("output", 0L);
  }

  /** What a record says, by field. */
  private static Map<String, Object> said(UsageEvent event, boolean first) {
    EventHeader header = event.header();
    Map<String, Object> said = new HashMap<>();
    said.put("type", event.type().label());
    said.put("time", header.time());
    put(said, "agent", header.agent());
    put(said, "feature", header.feature());
    put(said, "user", header.user());
    header.tags().forEach((key, value) -> said.put("tag." + key, value));
    header.attributes().forEach((key, value) -> said.put("attribute." + key, value));
    if (first || header.statusStated()) {
      said.put("status", status(event).label());
      said.put("error_type", error(event));
    }
    if (event instanceof ModelCall call) {
      put(said, "provider", call.provider());
      put(said, "model", call.model());
      if (call.usage().input() + call.usage().output() > 0) {
        said.put("input", call.usage().input());
        said.put("output", call.usage().output());
      }
      put(said, "micros", call.latencyMicros() > 0 ? call.latencyMicros() : null);
    } else {
      long micros = new Record(0, event).micros();
      put(said, "micros", micros > 0 ? micros : null);
    }
    return said;
  }

  private static CallStatus status(UsageEvent event) {
    return event instanceof ModelCall call
        ? call.status()
        : event instanceof AgentRun run ? run.status() : ((Step) event).status();
  }

  private static String error(UsageEvent event) {
    return event instanceof ModelCall call && call.errorType() != null ? call.errorType() : "";
  }

  static Pricing price(ModelCall call) {
    return BOOK.price(1, call);
  }

  private static void addPrice(Map<String, Object> event) {
    ModelCall call =
        new ModelCall(
            new EventHeader(
                "x",
                (java.time.Instant) event.get("time"),
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                Map.of(),
                Map.of(),
                false),
            (String) event.get("provider"),
            (String) event.get("model"),
            null,
            null,
            null,
            TokenUsage.of(
                (long) event.getOrDefault("input", 0L), (long) event.getOrDefault("output", 0L)),
            ModelCall.UNKNOWN,
            ModelCall.UNKNOWN,
            CallStatus.valueOf(event.get("status").toString().toUpperCase(java.util.Locale.ROOT)),
            null,
            null,
            null,
            false,
            null,
            BillableUnits.NONE,
            null,
            ModelCall.Accounting.STANDALONE,
            Pricing.PENDING);
    Pricing price = price(call);
    if (price instanceof Pricing.Priced priced) {
      event.put("cost", priced.cost().total());
    } else if (price instanceof Pricing.Unpriced unpriced) {
      event.put("unpriced", unpriced.reason().label());
    }
  }

  /** A stored row in the same form. */
  static Map<String, Object> row(ResultSet row, Map<String, String> names) throws SQLException {
    Map<String, Object> event = new TreeMap<>();
    event.put("counted", row.getBoolean("counted"));
    event.put("time", row.getTimestamp("time").toInstant());
    Function<Integer, String> tag = id -> names.get("15/" + id);
    for (var dimension :
        List.of(
            dev.tokenledger.model.rollup.Dimension.TYPE,
            dev.tokenledger.model.rollup.Dimension.AGENT,
            dev.tokenledger.model.rollup.Dimension.FEATURE,
            dev.tokenledger.model.rollup.Dimension.USER,
            dev.tokenledger.model.rollup.Dimension.PROVIDER,
            dev.tokenledger.model.rollup.Dimension.MODEL,
            dev.tokenledger.model.rollup.Dimension.STATUS)) {
      put(
          event,
          dimension.label(),
          names.get(dimension.code() + "/" + row.getInt(dimension.label())));
    }
    event.put("error_type", names.getOrDefault("9/" + row.getInt("error_type"), ""));
    Array tags = row.getArray("tags");
    Integer[] ids = tags == null ? new Integer[0] : (Integer[]) tags.getArray();
    for (int i = 0; i < ids.length; i += 2) {
      event.put("tag." + tag.apply(ids[i]), names.get("16/" + ids[i + 1]));
    }
    String detail = row.getString("detail");
    if (detail != null) {
      for (String key : List.of("k0", "k1")) {
        if (detail.contains('"' + key + '"')) {
          event.put("attribute." + key, "v");
        }
      }
    }
    if (row.getLong("input_tokens") + row.getLong("output_tokens") > 0) {
      event.put("input", row.getLong("input_tokens"));
      event.put("output", row.getLong("output_tokens"));
    }
    long micros = row.getLong("latency_sum_us") + row.getLong("duration_sum_us");
    put(event, "micros", micros > 0 ? micros : null);
    if (row.getLong("model_calls") > 0) {
      put(event, "unpriced", row.getString("unpriced_reason"));
      if (row.getString("unpriced_reason") == null) {
        event.put("cost", row.getLong("cost_nanos"));
      }
    }
    return event;
  }
}
