package dev.tokenledger.aggregation.event;

import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hasher128;
import com.dynatrace.hash4j.hashing.Hashing;
import dev.tokenledger.aggregation.dictionary.Dictionary;
import dev.tokenledger.model.event.AgentRun;
import dev.tokenledger.model.event.EventHeader;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.event.Pricing;
import dev.tokenledger.model.event.Step;
import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.model.rollup.Contribution;
import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.EventMeasures;
import dev.tokenledger.model.stream.AdmittedBatch;
import dev.tokenledger.model.trace.SpanNames;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Turns admitted events into rows. Values that the dictionary does not have in memory are
 * collected, and put into the rows when they are resolved together. Thread-safe.
 */
public final class EventEncoder {
  /** Fixed for ever: the keys it makes are stored. */
  private static final Hasher128 ID_HASH = Hashing.xxh3_128();

  private final Dictionary dictionary;

  public EventEncoder(Dictionary dictionary) {
    this.dictionary = dictionary;
  }

  /** The identity of an event: 128 bits of its id. */
  public static UUID key(String eventId) {
    HashValue128 hash = ID_HASH.hashCharsTo128Bits(eventId);
    return new UUID(hash.getMostSignificantBits(), hash.getLeastSignificantBits());
  }

  /**
   * Encodes one event.
   *
   * @param index the event's position among those of the batch, from 0
   * @return the row, whole once {@code missing} is resolved
   */
  public LedgerEvent encode(
      AdmittedBatch batch, int index, UsageEvent event, Dictionary.Missing missing) {
    EventHeader header = event.header();
    Instant time = header.time();
    return new LedgerEvent(
        batch.tenantId(),
        key(header.id()),
        header.id(),
        Math.addExact(
            Math.multiplyExact(time.getEpochSecond(), 1_000_000L), time.getNano() / 1_000),
        batch.admittedAtMicros() + index,
        true,
        header.amends(),
        header.statusStated(),
        dimensions(batch, event, missing),
        tags(batch.tenantId(), header.tags(), missing),
        EventMeasures.of(Contribution.of(event)),
        header.traceId(),
        header.spanId(),
        header.parentSpanId(),
        unpricedReason(event),
        EventDetail.of(event),
        hash(header.user()),
        hash(header.session()),
        0,
        null);
  }

  /**
   * The numbers of what a span says of itself, in the order of {@link Inherited#DIMENSIONS}; whole
   * once {@code missing} is resolved.
   */
  public int[] encode(int tenantId, SpanNames names, Dictionary.Missing missing) {
    int[] ids = new int[Inherited.COUNT];
    if (!names.isEmpty()) {
      dictionary.find(tenantId, Dimension.AGENT, names.agent(), ids, 0, missing);
      dictionary.find(tenantId, Dimension.FEATURE, names.feature(), ids, 1, missing);
      dictionary.find(tenantId, Dimension.USER, names.user(), ids, 2, missing);
      dictionary.find(tenantId, Dimension.SESSION, names.session(), ids, 3, missing);
      dictionary.find(tenantId, Dimension.PROVIDER, names.provider(), ids, 4, missing);
      dictionary.find(tenantId, Dimension.MODEL, names.model(), ids, 5, missing);
    }
    return ids;
  }

  private int[] dimensions(AdmittedBatch batch, UsageEvent event, Dictionary.Missing missing) {
    int tenantId = batch.tenantId();
    EventHeader header = event.header();
    Row row = new Row(tenantId, dictionary, missing);
    row.set(Dimension.TYPE, event.type().label());
    row.set(Dimension.PROJECT, batch.project());
    row.set(Dimension.API_KEY, batch.apiKey());
    row.set(Dimension.ENVIRONMENT, header.environment());
    row.set(Dimension.AGENT, header.agent());
    row.set(Dimension.FEATURE, header.feature());
    row.set(Dimension.USER, header.user());
    row.set(Dimension.SESSION, header.session());
    if (event instanceof ModelCall call) {
      row.set(Dimension.PROVIDER, call.provider());
      row.set(Dimension.MODEL, call.model());
      row.set(Dimension.STATUS, call.status().label());
      row.set(Dimension.ERROR_TYPE, call.errorType());
      row.set(Dimension.PROMPT, call.prompt());
      row.set(Dimension.PROMPT_VERSION, call.promptVersion());
      row.set(Dimension.OPERATION, call.operation());
      row.set(Dimension.SERVICE_TIER, call.serviceTier());
      if (call.pricing() instanceof Pricing.Priced priced) {
        row.set(Dimension.PRICE_VERSION, priced.priceVersion());
      }
    } else if (event instanceof AgentRun run) {
      row.set(Dimension.STATUS, run.status().label());
      row.set(Dimension.ERROR_TYPE, run.errorType());
    } else if (event instanceof Step step) {
      row.set(Dimension.STATUS, step.status().label());
      row.set(Dimension.ERROR_TYPE, step.errorType());
      row.set(Dimension.TOOL, step.tool());
    }
    return row.ids;
  }

  private int[] tags(int tenantId, Map<String, String> tags, Dictionary.Missing missing) {
    if (tags.isEmpty()) {
      return new int[0];
    }
    int[] ids = new int[tags.size() * 2];
    int at = 0;
    // In order of the keys, so that equal tags are equal arrays.
    for (Map.Entry<String, String> tag : new TreeMap<>(tags).entrySet()) {
      dictionary.find(tenantId, Dimension.TAG_KEY, tag.getKey(), ids, at++, missing);
      dictionary.find(tenantId, Dimension.TAG_VALUE, tag.getValue(), ids, at++, missing);
    }
    return ids;
  }

  private static @Nullable String unpricedReason(UsageEvent event) {
    return event instanceof ModelCall call && call.pricing() instanceof Pricing.Unpriced unpriced
        ? unpriced.reason().label()
        : null;
  }

  /** A hash of a user or session for distinct counts; 0 stands for no value. */
  public static long hash(@Nullable String value) {
    if (value == null) {
      return 0;
    }
    long hash = Hashing.xxh3_64().hashCharsToLong(value);
    return hash == 0 ? 1 : hash;
  }

  private static final class Row {
    private final int tenantId;
    private final Dictionary dictionary;
    private final Dictionary.Missing missing;
    private final int[] ids = new int[Dimension.count()];

    private Row(int tenantId, Dictionary dictionary, Dictionary.Missing missing) {
      this.tenantId = tenantId;
      this.dictionary = dictionary;
      this.missing = missing;
    }

    private void set(Dimension dimension, @Nullable String value) {
      dictionary.find(tenantId, dimension, value, ids, dimension.ordinal(), missing);
    }
  }
}
