package dev.tokenledger.model.stream;

import dev.tokenledger.model.event.AgentRun;
import dev.tokenledger.model.event.BillableUnits;
import dev.tokenledger.model.event.CostBreakdown;
import dev.tokenledger.model.event.EventHeader;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.event.Pricing;
import dev.tokenledger.model.event.Step;
import dev.tokenledger.model.event.TokenUsage;
import dev.tokenledger.model.event.UsageEvent;
import dev.tokenledger.model.event.UserAction;
import dev.tokenledger.model.trace.SpanLink;
import dev.tokenledger.model.trace.SpanNames;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes batches in block format {@value BlockCodec#FORMAT}. {@link EventReader} is its mirror. One
 * for each block.
 */
final class EventWriter {
  /** Bits of the byte that says which optional groups of a model call follow. */
  static final int HAS_TOKEN_DETAILS = 1;

  static final int HAS_UNITS = 2;
  static final int HAS_REPORTED_COST = 4;
  static final int IS_CACHE_HIT = 8;
  static final int IS_NESTABLE = 16;
  static final int IS_PRICED = 32;

  /** Bits of the byte at the end of a span's place. */
  static final int IS_TOOL = 1;

  static final int HAS_EVENT = 2;
  static final int HAS_NAMES = 4;

  /** Bits of the byte at the end of a header. */
  static final int AMENDS = 1;

  static final int STATUS_NOT_STATED = 2;

  private final ByteWriter out;
  private final Map<String, Integer> numbers = new HashMap<>();

  EventWriter(ByteWriter out) {
    this.out = out;
  }

  void writeBatch(AdmittedBatch batch) {
    out.writeVarint(batch.tenantId());
    shared(batch.project());
    shared(batch.source());
    shared(batch.apiKey());
    out.writeVarint(batch.admittedAtMicros());
    out.writeVarint(batch.received());
    out.writeVarint(batch.rejected().size());
    batch
        .rejected()
        .forEach(
            (reason, count) -> {
              shared(reason);
              out.writeVarint(count);
            });
    out.writeVarint(batch.events().size());
    for (UsageEvent event : batch.events()) {
      writeEvent(event);
    }
    out.writeVarint(batch.links().size());
    for (SpanLink link : batch.links()) {
      shared(link.traceId());
      own(link.spanId());
      own(link.parentSpanId());
      own(link.callEventId());
      own(link.responseId());
      SpanNames names = link.names();
      out.writeByte(
          (link.tool() ? IS_TOOL : 0)
              | (link.event() ? HAS_EVENT : 0)
              | (names.isEmpty() ? 0 : HAS_NAMES));
      if (!names.isEmpty()) {
        shared(names.agent());
        shared(names.feature());
        shared(names.user());
        shared(names.session());
        shared(names.provider());
        shared(names.model());
      }
    }
  }

  private void writeEvent(UsageEvent event) {
    out.writeByte(event.type().code());
    writeHeader(event.header());
    // A pattern switch needs Java 21.
    if (event instanceof ModelCall call) {
      writeCall(call);
    } else if (event instanceof AgentRun run) {
      own(run.task());
      shared(run.status().label());
      shared(run.errorType());
      out.writeZigzag(run.durationMicros());
    } else if (event instanceof Step step) {
      shared(step.kind().label());
      out.writeVarint(step.stepNumber());
      shared(step.tool());
      shared(step.status().label());
      shared(step.errorType());
      out.writeZigzag(step.durationMicros());
    } else if (event instanceof UserAction action) {
      shared(action.action());
      out.writeZigzag(action.durationMicros());
    } else {
      throw new IllegalStateException("no encoding for " + event.type());
    }
  }

  private void writeHeader(EventHeader header) {
    out.writeString(header.id());
    out.writeZigzag(header.time().getEpochSecond());
    out.writeVarint(header.time().getNano());
    shared(header.environment());
    shared(header.agent());
    shared(header.feature());
    shared(header.user());
    shared(header.session());
    shared(header.traceId());
    own(header.spanId());
    own(header.parentSpanId());
    writeMap(header.tags());
    writeMap(header.attributes());
    out.writeByte((header.amends() ? AMENDS : 0) | (header.statusStated() ? 0 : STATUS_NOT_STATED));
  }

  private void writeMap(Map<String, String> map) {
    out.writeVarint(map.size());
    map.forEach(
        (key, value) -> {
          shared(key);
          shared(value);
        });
  }

  private void writeCall(ModelCall call) {
    TokenUsage usage = call.usage();
    boolean details =
        (usage.cacheWrite()
                | usage.cacheWrite1h()
                | usage.reasoning()
                | usage.audioInput()
                | usage.audioOutput()
                | usage.imageInput()
                | usage.imageOutput())
            != 0;
    boolean priced = call.pricing() instanceof Pricing.Priced;
    out.writeByte(
        (details ? HAS_TOKEN_DETAILS : 0)
            | (call.units().isNone() ? 0 : HAS_UNITS)
            | (call.reportedCost() == null ? 0 : HAS_REPORTED_COST)
            | (call.cacheHit() ? IS_CACHE_HIT : 0)
            | (call.accounting() == ModelCall.Accounting.NESTABLE ? IS_NESTABLE : 0)
            | (priced ? IS_PRICED : 0));
    shared(call.provider());
    shared(call.model());
    shared(call.operation());
    shared(call.prompt());
    shared(call.promptVersion());
    out.writeVarint(usage.input());
    out.writeVarint(usage.output());
    out.writeVarint(usage.cachedInput());
    if (details) {
      out.writeVarint(usage.cacheWrite());
      out.writeVarint(usage.cacheWrite1h());
      out.writeVarint(usage.reasoning());
      out.writeVarint(usage.audioInput());
      out.writeVarint(usage.audioOutput());
      out.writeVarint(usage.imageInput());
      out.writeVarint(usage.imageOutput());
    }
    out.writeZigzag(call.latencyMicros());
    out.writeZigzag(call.timeToFirstTokenMicros());
    shared(call.status().label());
    shared(call.errorType());
    shared(call.serviceTier());
    if (call.reportedCost() != null) {
      out.writeZigzag(call.reportedCost().nanos());
    }
    own(call.reservationId());
    if (!call.units().isNone()) {
      writeUnits(call.units());
    }
    own(call.responseId());
    writePricing(call.pricing());
  }

  private void writeUnits(BillableUnits units) {
    out.writeVarint(units.inputMillis());
    out.writeVarint(units.outputMillis());
    out.writeVarint(units.inputImages());
    out.writeVarint(units.outputImages());
    out.writeVarint(units.inputCharacters());
    out.writeVarint(units.searches());
  }

  private void writePricing(Pricing pricing) {
    if (pricing instanceof Pricing.Priced priced) {
      CostBreakdown cost = priced.cost();
      shared(priced.priceVersion());
      out.writeZigzag(cost.input());
      out.writeZigzag(cost.output());
      out.writeZigzag(cost.cachedInput());
      out.writeZigzag(cost.cacheWrite());
      out.writeZigzag(cost.reasoning());
      out.writeZigzag(cost.audioInput());
      out.writeZigzag(cost.audioOutput());
      out.writeZigzag(cost.imageInput());
      out.writeZigzag(cost.imageOutput());
      out.writeZigzag(cost.request());
    } else if (pricing instanceof Pricing.Unpriced unpriced) {
      shared(unpriced.reason().label());
    }
  }

  /** A string that is likely to come again in the block: written once, then by number. */
  private void shared(@Nullable String text) {
    if (text == null) {
      out.writeVarint(0);
      return;
    }
    Integer number = numbers.putIfAbsent(text, numbers.size() + 2);
    if (number == null) {
      out.writeVarint(1);
      out.writeString(text);
    } else {
      out.writeVarint(number);
    }
  }

  /** A string that is likely to be the only one of its kind. */
  private void own(@Nullable String text) {
    if (text == null) {
      out.writeByte(0);
    } else {
      out.writeByte(1);
      out.writeString(text);
    }
  }
}
