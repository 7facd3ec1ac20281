package dev.tokenledger.model.event;

import dev.tokenledger.model.money.Money;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One request to a model and its answer.
 *
 * @param provider the provider as reported, such as {@code openai}; null when unknown
 * @param model the model as reported (the responding model where both are known)
 * @param operation OpenTelemetry's {@code gen_ai.operation.name}, such as {@code chat}
 * @param usage tokens
 * @param latencyMicros duration in microseconds, {@link #UNKNOWN} when not reported
 * @param timeToFirstTokenMicros microseconds until the first token, {@link #UNKNOWN} when not
 *     reported
 * @param status how it ended
 * @param errorType the kind of failure, such as {@code rate_limit}; null when it succeeded
 * @param serviceTier the tier that was asked for, such as {@code batch} or {@code priority}
 * @param reportedCost what the reporter says it cost, kept beside ours; null when not said
 * @param cacheHit true when a response cache answered instead of the model
 * @param reservationId the budget reservation this call settles
 * @param units billable units other than tokens (images, seconds, characters)
 * @param responseId the provider's identifier of the answer; two records of the same answer in a
 *     trace are one call
 * @param accounting whether this call stands on its own, or may be one of several nested records
 * @param pricing our cost; {@link Pricing#PENDING} until the door has priced it
 */
public record ModelCall(
    EventHeader header,
    @Nullable String provider,
    @Nullable String model,
    @Nullable String operation,
    @Nullable String prompt,
    @Nullable String promptVersion,
    TokenUsage usage,
    long latencyMicros,
    long timeToFirstTokenMicros,
    CallStatus status,
    @Nullable String errorType,
    @Nullable String serviceTier,
    @Nullable Money reportedCost,
    boolean cacheHit,
    @Nullable String reservationId,
    BillableUnits units,
    @Nullable String responseId,
    Accounting accounting,
    Pricing pricing)
    implements UsageEvent {

  /** Marks a duration that was not reported. */
  public static final long UNKNOWN = -1;

  /**
   * The most that one call may cost, computed or reported: 100,000 USD. Sums are longs of
   * nano-dollars, which end at 9.2 billion dollars; a sum that does not fit cannot be settled. With
   * this bound no request, of however many calls, comes near it.
   */
  public static final Money MAX_COST = Money.ofNanos(100_000_000_000_000L);

  /**
   * The longest duration of anything that is admitted, in microseconds: 40 days, for what ended
   * began within the admission window. Bounds the sums of durations as {@link #MAX_COST} does those
   * of money.
   */
  public static final long MAX_DURATION_MICROS = 40L * 24 * 3600 * 1_000_000;

  public ModelCall {
    Objects.requireNonNull(header, "header");
    Objects.requireNonNull(usage, "usage");
    Objects.requireNonNull(status, "status");
    Objects.requireNonNull(units, "units");
    Objects.requireNonNull(accounting, "accounting");
    Objects.requireNonNull(pricing, "pricing");
  }

  /** Whether a record of a call can be the same call as another record. */
  public enum Accounting {
    /** Reported as a call of its own by an application: always counted. */
    STANDALONE,
    /**
     * One of possibly several nested records in a trace, as instrumentations of wrapper and
     * provider client make them: counted only while no record beneath it describes the same call.
     */
    NESTABLE
  }

  @Override
  public EventType type() {
    return EventType.MODEL_CALL;
  }

  @Override
  public ModelCall withHeader(EventHeader newHeader) {
    return new ModelCall(
        newHeader,
        provider,
        model,
        operation,
        prompt,
        promptVersion,
        usage,
        latencyMicros,
        timeToFirstTokenMicros,
        status,
        errorType,
        serviceTier,
        reportedCost,
        cacheHit,
        reservationId,
        units,
        responseId,
        accounting,
        pricing);
  }

  public ModelCall withPricing(Pricing newPricing) {
    return new ModelCall(
        header,
        provider,
        model,
        operation,
        prompt,
        promptVersion,
        usage,
        latencyMicros,
        timeToFirstTokenMicros,
        status,
        errorType,
        serviceTier,
        reportedCost,
        cacheHit,
        reservationId,
        units,
        responseId,
        accounting,
        newPricing);
  }
}
