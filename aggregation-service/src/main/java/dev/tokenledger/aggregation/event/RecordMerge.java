package dev.tokenledger.aggregation.event;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.DimensionValues;
import dev.tokenledger.model.rollup.EventMeasures;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.rollup.Measure.Unit;
import dev.tokenledger.model.rollup.MeasureVector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes one event of all records with its id, in whichever order and however far apart they are
 * settled: of the records that are no updates the best one counts (see {@link Provenance.Base}) and
 * the updates are laid over it, each field by the update that said it last. What the records of an
 * event make is a function of their set.
 *
 * <p>Tokens go together, since only together they make a cost, and so does each duration with its
 * count. An update says a field when it has a value there; it can replace a value, not remove one.
 * The cost is that of the base: whoever merges updates prices the result.
 */
public final class RecordMerge {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ATTRIBUTES = "attributes";
  private static final String TAG = "tag.";
  private static final String DETAIL = "detail.";
  private static final String ATTRIBUTE = "attribute.";

  private RecordMerge() {}

  /** An event as the ledger stores it when its first record comes. */
  public static LedgerEvent first(LedgerEvent record) {
    return record.amends() ? merge(null, List.of(record)) : record;
  }

  /**
   * @param stored the event as the ledger has it, or null
   * @param records further records of it, at least one where nothing is stored
   * @return the stored event itself when the records change nothing of it, not even what is known
   *     of its fields
   */
  public static LedgerEvent merge(@Nullable LedgerEvent stored, Collection<LedgerEvent> records) {
    LedgerEvent shown = stored == null ? records.iterator().next() : stored;
    Provenance before = stored == null ? Provenance.NONE : Provenance.of(stored);
    Draft draft = new Draft(Inherited.strip(shown), before);
    for (LedgerEvent record : records) {
      if (record.amends()) {
        draft.update(record);
      } else {
        draft.base(record);
      }
    }
    if (!draft.changed) {
      return shown;
    }
    LedgerEvent merged = draft.event();
    // What was inherited stays until the trace is looked at.
    return stored == null ? merged : Inherited.of(stored).applyTo(merged);
  }

  /** Whether two states of an event differ in anything that is shown or counted. */
  public static boolean isSame(LedgerEvent a, LedgerEvent b) {
    return a.timeMicros() == b.timeMicros()
        && a.counted() == b.counted()
        && Arrays.equals(a.dimensions(), b.dimensions())
        && Arrays.equals(a.tags(), b.tags())
        && a.measures().equals(b.measures())
        && Objects.equals(a.traceId(), b.traceId())
        && Objects.equals(a.spanId(), b.spanId())
        && Objects.equals(a.parentSpanId(), b.parentSpanId())
        && Objects.equals(a.unpricedReason(), b.unpricedReason())
        && (Objects.equals(a.detail(), b.detail()) || read(a.detail()).equals(read(b.detail())));
  }

  /** Whether two states of a call cost the same by the same prices. */
  public static boolean isPricedAlike(LedgerEvent a, LedgerEvent b) {
    return a.timeMicros() == b.timeMicros()
        && PRICED_BY.stream().allMatch(d -> a.dimension(d) == b.dimension(d))
        && Stream.of(Measure.values())
            .filter(m -> m.unit() != Unit.MICROSECONDS)
            .allMatch(m -> a.measures().get(m) == b.measures().get(m))
        && Objects.equals(a.unpricedReason(), b.unpricedReason())
        && (Objects.equals(a.detail(), b.detail()) || read(a.detail()).equals(read(b.detail())));
  }

  private static final List<Dimension> PRICED_BY =
      List.of(
          Dimension.TYPE,
          Dimension.PROVIDER,
          Dimension.MODEL,
          Dimension.OPERATION,
          Dimension.STATUS,
          Dimension.SERVICE_TIER,
          Dimension.PRICE_VERSION);

  /** What goes together when one record replaces another's. */
  private record Field(
      String name,
      Predicate<LedgerEvent> said,
      List<Dimension> dimensions,
      List<Measure> measures) {
    static Field of(Dimension dimension) {
      return new Field(
          dimension.label(),
          record -> record.dimension(dimension) != DimensionValues.NONE_ID,
          List.of(dimension),
          List.of());
    }

    static Field of(String name, List<Measure> measures) {
      return new Field(
          name,
          record -> measures.stream().anyMatch(m -> record.measures().get(m) != 0),
          List.of(),
          measures);
    }
  }

  private static final Field STATUS =
      new Field(
          "status",
          LedgerEvent::statusStated,
          List.of(Dimension.STATUS, Dimension.ERROR_TYPE),
          List.of(Measure.ERRORS));

  /** What the price book makes of the others: nobody states it. */
  private static final Field PRICE =
      new Field(
          "price",
          record -> false,
          List.of(Dimension.PRICE_VERSION),
          Stream.concat(
                  Stream.of(Measure.values())
                      .filter(m -> m.unit() == Unit.NANO_USD && m != Measure.REPORTED_COST),
                  Stream.of(Measure.UNPRICED_CALLS))
              .toList());

  private static final List<Field> FIELDS = fields();

  private static List<Field> fields() {
    List<Field> fields = new ArrayList<>();
    fields.add(
        new Field(
            "type",
            record -> true,
            List.of(Dimension.TYPE),
            List.of(Measure.MODEL_CALLS, Measure.AGENT_RUNS, Measure.STEPS, Measure.USER_ACTIONS)));
    fields.add(STATUS);
    fields.add(PRICE);
    fields.add(
        Field.of(
            "tokens",
            Stream.concat(
                    Stream.of(Measure.values()).filter(m -> m.unit() == Unit.TOKENS),
                    Stream.of(Measure.FLAGGED_CALLS))
                .toList()));
    fields.add(Field.of("cache_hit", List.of(Measure.CACHE_HITS)));
    fields.add(
        Field.of("reported_cost", List.of(Measure.REPORTED_COST_CALLS, Measure.REPORTED_COST)));
    fields.add(Field.of("latency", List.of(Measure.LATENCY_COUNT, Measure.LATENCY_SUM)));
    fields.add(
        Field.of(
            "time_to_first_token",
            List.of(Measure.TIME_TO_FIRST_TOKEN_COUNT, Measure.TIME_TO_FIRST_TOKEN_SUM)));
    fields.add(Field.of("duration", List.of(Measure.DURATION_COUNT, Measure.DURATION_SUM)));
    for (Dimension dimension : Dimension.values()) {
      if (fields.stream().noneMatch(f -> f.dimensions.contains(dimension))) {
        fields.add(Field.of(dimension));
      }
    }
    return List.copyOf(fields);
  }

  /** An event while records are laid together. */
  private static final class Draft {
    private final LedgerEvent shown;
    private final int[] dimensions;
    private final long[] measures = new long[Measure.count()];
    private final Map<Integer, Integer> tags = new TreeMap<>();
    private final Map<String, Long> versions;
    private final ObjectNode detail;
    private Provenance.@Nullable Base base;
    private long timeMicros;
    private @Nullable String traceId;
    private @Nullable String spanId;
    private @Nullable String parentSpanId;
    private @Nullable String unpricedReason;
    private long userHash;
    private long sessionHash;
    private boolean changed;

    private Draft(LedgerEvent shown, Provenance provenance) {
      this.shown = shown;
      this.dimensions = shown.dimensions().clone();
      for (int i = 0; i < measures.length; i++) {
        measures[i] = shown.measures().at(i);
      }
      for (int i = 0; i < shown.tags().length; i += 2) {
        tags.put(shown.tags()[i], shown.tags()[i + 1]);
      }
      this.versions = new HashMap<>(provenance.fields());
      this.detail = read(shown.detail());
      this.base = provenance.base();
      this.timeMicros = shown.timeMicros();
      this.traceId = shown.traceId();
      this.spanId = shown.spanId();
      this.parentSpanId = shown.parentSpanId();
      this.unpricedReason = shown.unpricedReason();
      this.userHash = shown.userHash();
      this.sessionHash = shown.sessionHash();
    }

    private void update(LedgerEvent record) {
      for (Field field : FIELDS) {
        if (field.said.test(record) && says(field.name, record)) {
          take(field, record);
        }
      }
      if (says("time", record)) {
        timeMicros = record.timeMicros();
      }
      if (record.traceId() != null && says("trace_id", record)) {
        traceId = record.traceId();
      }
      if (record.spanId() != null && says("span_id", record)) {
        spanId = record.spanId();
      }
      if (record.parentSpanId() != null && says("parent_span_id", record)) {
        parentSpanId = record.parentSpanId();
      }
      for (int i = 0; i < record.tags().length; i += 2) {
        if (says(TAG + record.tags()[i], record)) {
          tags.put(record.tags()[i], record.tags()[i + 1]);
        }
      }
      details(read(record.detail()), name -> says(name, record));
    }

    /** Whether an update has the last word on a field, which it has from then on. */
    private boolean says(String name, LedgerEvent record) {
      Long last = versions.get(name);
      if (last != null && last >= record.version()) {
        return false;
      }
      versions.put(name, record.version());
      changed = true;
      return true;
    }

    private void base(LedgerEvent record) {
      Provenance.Base candidate = Provenance.Base.of(record);
      if (base != null && base.compareTo(candidate) >= 0) {
        return;
      }
      base = candidate;
      changed = true;
      for (Field field : FIELDS) {
        if (isBases(field.name)) {
          take(field, record);
        }
      }
      timeMicros = isBases("time") ? record.timeMicros() : timeMicros;
      traceId = isBases("trace_id") ? record.traceId() : traceId;
      spanId = isBases("span_id") ? record.spanId() : spanId;
      parentSpanId = isBases("parent_span_id") ? record.parentSpanId() : parentSpanId;
      tags.keySet().removeIf(key -> isBases(TAG + key));
      for (int i = 0; i < record.tags().length; i += 2) {
        tags.putIfAbsent(record.tags()[i], record.tags()[i + 1]);
      }
      removeDetails();
      details(read(record.detail()), this::isBases);
    }

    private boolean isBases(String name) {
      return !versions.containsKey(name);
    }

    private void take(Field field, LedgerEvent record) {
      for (Dimension dimension : field.dimensions) {
        dimensions[dimension.ordinal()] = record.dimension(dimension);
        userHash = dimension == Dimension.USER ? record.userHash() : userHash;
        sessionHash = dimension == Dimension.SESSION ? record.sessionHash() : sessionHash;
      }
      for (Measure measure : field.measures) {
        measures[measure.ordinal()] = record.measures().get(measure);
      }
      if (field == PRICE) {
        unpricedReason = record.unpricedReason();
      }
    }

    private void details(ObjectNode from, Predicate<String> takes) {
      from.properties()
          .forEach(
              entry -> {
                if (entry.getKey().equals(ATTRIBUTES) && entry.getValue().isObject()) {
                  entry
                      .getValue()
                      .properties()
                      .forEach(
                          attribute -> {
                            if (takes.test(ATTRIBUTE + attribute.getKey())) {
                              attributes().set(attribute.getKey(), attribute.getValue());
                            }
                          });
                } else if (takes.test(DETAIL + entry.getKey())) {
                  detail.set(entry.getKey(), entry.getValue());
                }
              });
    }

    private ObjectNode attributes() {
      return detail.path(ATTRIBUTES) instanceof ObjectNode attributes
          ? attributes
          : detail.putObject(ATTRIBUTES);
    }

    /** Takes out what the former base said. */
    private void removeDetails() {
      if (detail.path(ATTRIBUTES) instanceof ObjectNode attributes) {
        Iterator<Map.Entry<String, JsonNode>> each = attributes.fields();
        while (each.hasNext()) {
          if (isBases(ATTRIBUTE + each.next().getKey())) {
            each.remove();
          }
        }
        if (attributes.isEmpty()) {
          detail.remove(ATTRIBUTES);
        }
      }
      Iterator<String> names = detail.fieldNames();
      while (names.hasNext()) {
        String name = names.next();
        if (!name.equals(ATTRIBUTES) && isBases(DETAIL + name)) {
          names.remove();
        }
      }
    }

    private LedgerEvent event() {
      boolean amended = !versions.isEmpty();
      long version = base == null ? Long.MIN_VALUE : base.version();
      for (long update : versions.values()) {
        version = Math.max(version, update);
      }
      int[] pairs = new int[tags.size() * 2];
      int at = 0;
      for (Map.Entry<Integer, Integer> tag : tags.entrySet()) {
        pairs[at++] = tag.getKey();
        pairs[at++] = tag.getValue();
      }
      return new LedgerEvent(
          shown.tenantId(),
          shown.key(),
          shown.eventId(),
          timeMicros,
          version,
          shown.counted(),
          amended,
          true,
          dimensions,
          pairs,
          EventMeasures.of(MeasureVector.of(measures)),
          traceId,
          spanId,
          parentSpanId,
          unpricedReason,
          detail.isEmpty() ? null : detail.toString(),
          userHash,
          sessionHash,
          0,
          amended ? new Provenance(base, versions) : null);
    }
  }

  private static ObjectNode read(@Nullable String detail) {
    if (detail == null) {
      return JSON.createObjectNode();
    }
    try {
      return JSON.readTree(detail) instanceof ObjectNode object ? object : JSON.createObjectNode();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the detail of an event is not the JSON we wrote", e);
    }
  }
}
