package dev.tokenledger.model.stream;

import dev.tokenledger.model.event.AgentRun;
import dev.tokenledger.model.event.BillableUnits;
import dev.tokenledger.model.event.CallStatus;
import dev.tokenledger.model.event.CostBreakdown;
import dev.tokenledger.model.event.EventHeader;
import dev.tokenledger.model.event.EventType;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.event.Pricing;
import dev.tokenledger.model.event.Step;
import dev.tokenledger.model.event.TokenUsage;
import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.model.event.UserAction;
import dev.tokenledger.model.money.Money;
import dev.tokenledger.model.trace.SpanLink;
import dev.tokenledger.model.trace.SpanNames;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads batches as {@link EventWriter} writes them, or wrote them in the format before. One for
 * each block.
 */
final class EventReader {
  /** Lists are not allocated ahead beyond this: a corrupt count must not exhaust the memory. */
  private static final int MAX_AHEAD = 16_384;

  private final ByteReader in;
  private final boolean hasNames;
  private final List<String> numbered = new ArrayList<>();
  private final Map<String, CallStatus> statuses = new HashMap<>();

  /**
   * @param format the format of the block, one that {@link BlockCodec} reads
   */
  EventReader(ByteReader in, byte format) {
    this.in = in;
    this.hasNames = format >= BlockCodec.WITH_NAMES;
  }

  AdmittedBatch readBatch() {
    int tenantId = in.readVarint32();
    String project = required(shared(), "project");
    String source = required(shared(), "source");
    String apiKey = shared();
    long admittedAtMicros = in.readVarint();
    int received = in.readVarint32();
    int reasons = in.readVarint32();
    Map<String, Integer> rejected = new HashMap<>();
    for (int i = 0; i < reasons; i++) {
      rejected.put(required(shared(), "reason"), in.readVarint32());
    }
    int eventCount = in.readVarint32();
    List<UsageEvent> events = new ArrayList<>(Math.min(eventCount, MAX_AHEAD));
    for (int i = 0; i < eventCount; i++) {
      events.add(readEvent());
    }
    int linkCount = in.readVarint32();
    List<SpanLink> links = new ArrayList<>(Math.min(linkCount, MAX_AHEAD));
    for (int i = 0; i < linkCount; i++) {
      links.add(readLink());
    }
    return new AdmittedBatch(
        tenantId, project, source, apiKey, admittedAtMicros, received, rejected, events, links);
  }

  private SpanLink readLink() {
    String traceId = required(shared(), "trace id");
    String spanId = required(own(), "span id");
    String parentSpanId = own();
    String callEventId = own();
    String responseId = own();
    int flags = in.readByte();
    SpanNames names = SpanNames.NONE;
    if (hasNames && (flags & EventWriter.HAS_NAMES) != 0) {
      names = new SpanNames(shared(), shared(), shared(), shared(), shared(), shared());
    }
    return new SpanLink(
        traceId,
        spanId,
        parentSpanId,
        callEventId,
        responseId,
        (flags & EventWriter.IS_TOOL) != 0,
        hasNames ? (flags & EventWriter.HAS_EVENT) != 0 : callEventId != null,
        names);
  }

  private UsageEvent readEvent() {
    EventType type = EventType.ofCode(in.readByte());
    EventHeader header = readHeader();
    return switch (type) {
      case MODEL_CALL -> readCall(header);
      case AGENT_RUN -> new AgentRun(header, own(), readStatus(), shared(), in.readZigzag());
      case STEP ->
          new Step(
              header,
              Step.Kind.valueOf(constant(shared())),
              in.readVarint32(),
              shared(),
              readStatus(),
              shared(),
              in.readZigzag());
      case USER_ACTION -> new UserAction(header, required(shared(), "action"), in.readZigzag());
    };
  }

  private EventHeader readHeader() {
    String id = in.readString();
    Instant time = Instant.ofEpochSecond(in.readZigzag(), in.readVarint());
    String environment = shared();
    String agent = shared();
    String feature = shared();
    String user = shared();
    String session = shared();
    String traceId = shared();
    String spanId = own();
    String parentSpanId = own();
    Map<String, String> tags = readMap();
    Map<String, String> attributes = readMap();
    int flags = in.readByte();
    return new EventHeader(
        id,
        time,
        environment,
        agent,
        feature,
        user,
        session,
        traceId,
        spanId,
        parentSpanId,
        tags,
        attributes,
        (flags & EventWriter.AMENDS) != 0,
        (flags & EventWriter.STATUS_NOT_STATED) == 0);
  }

  private Map<String, String> readMap() {
    int size = in.readVarint32();
    if (size == 0) {
      return Map.of();
    }
    if (size == 1) {
      return Map.of(required(shared(), "key"), required(shared(), "value"));
    }
    Map<String, String> map = new HashMap<>();
    for (int i = 0; i < size; i++) {
      map.put(required(shared(), "key"), required(shared(), "value"));
    }
    return map;
  }

  private ModelCall readCall(EventHeader header) {
    int flags = in.readByte();
    String provider = shared();
    String model = shared();
    String operation = shared();
    String prompt = shared();
    String promptVersion = shared();
    TokenUsage usage = readUsage((flags & EventWriter.HAS_TOKEN_DETAILS) != 0);
    long latency = in.readZigzag();
    long timeToFirstToken = in.readZigzag();
    CallStatus status = readStatus();
    String errorType = shared();
    String serviceTier = shared();
    Money reported =
        (flags & EventWriter.HAS_REPORTED_COST) != 0 ? Money.ofNanos(in.readZigzag()) : null;
    String reservation = own();
    BillableUnits units = (flags & EventWriter.HAS_UNITS) != 0 ? readUnits() : BillableUnits.NONE;
    String responseId = own();
    Pricing pricing = readPricing((flags & EventWriter.IS_PRICED) != 0);
    return new ModelCall(
        header,
        provider,
        model,
        operation,
        prompt,
        promptVersion,
        usage,
        latency,
        timeToFirstToken,
        status,
        errorType,
        serviceTier,
        reported,
        (flags & EventWriter.IS_CACHE_HIT) != 0,
        reservation,
        units,
        responseId,
        (flags & EventWriter.IS_NESTABLE) != 0
            ? ModelCall.Accounting.NESTABLE
            : ModelCall.Accounting.STANDALONE,
        pricing);
  }

  private TokenUsage readUsage(boolean details) {
    long input = in.readVarint();
    long output = in.readVarint();
    long cached = in.readVarint();
    return details
        ? new TokenUsage(
            input,
            output,
            cached,
            in.readVarint(),
            in.readVarint(),
            in.readVarint(),
            in.readVarint(),
            in.readVarint(),
            in.readVarint(),
            in.readVarint())
        : new TokenUsage(input, output, cached, 0, 0, 0, 0, 0, 0, 0);
  }

  private BillableUnits readUnits() {
    return new BillableUnits(
        in.readVarint(),
        in.readVarint(),
        in.readVarint(),
        in.readVarint(),
        in.readVarint(),
        in.readVarint());
  }

  private Pricing readPricing(boolean priced) {
    if (!priced) {
      return new Pricing.Unpriced(Pricing.UnpricedReason.valueOf(constant(shared())));
    }
    String version = required(shared(), "price version");
    return new Pricing.Priced(
        new CostBreakdown(
            in.readZigzag(),
            in.readZigzag(),
            in.readZigzag(),
            in.readZigzag(),
            in.readZigzag(),
            in.readZigzag(),
            in.readZigzag(),
            in.readZigzag(),
            in.readZigzag(),
            in.readZigzag()),
        version);
  }

  private CallStatus readStatus() {
    return statuses.computeIfAbsent(
        required(shared(), "status"), label -> CallStatus.valueOf(constant(label)));
  }

  private static String constant(@Nullable String label) {
    return required(label, "label").toUpperCase(Locale.ROOT);
  }

  private @Nullable String shared() {
    int number = in.readVarint32();
    if (number == 0) {
      return null;
    }
    if (number == 1) {
      String text = in.readString();
      numbered.add(text);
      return text;
    }
    if (number - 2 >= numbered.size()) {
      throw new CorruptBytesException("string " + number + " was not written before");
    }
    return numbered.get(number - 2);
  }

  private @Nullable String own() {
    return in.readByte() == 0 ? null : in.readString();
  }

  private static String required(@Nullable String text, String what) {
    if (text == null) {
      throw new CorruptBytesException(what + " is missing");
    }
    return text;
  }
}
