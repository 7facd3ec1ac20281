package dev.tokenledger.aggregation.event;

import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.EventMeasures;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.trace.SpanLink;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An event as a row of the ledger: dimension values as numbers, measures as the rollups have them.
 * The arrays belong to the event and are not changed after its values have their numbers.
 *
 * @param key 128-bit hash of the event's id; with the tenant, the event's identity
 * @param timeMicros start, microseconds since the epoch
 * @param version when the door admitted the record, microseconds since the epoch and different for
 *     each record of an event; of a stored event, that of the latest record that it shows
 * @param counted whether its measures are in the rollups
 * @param amends whether it updates the event with the same id; of a stored event, whether an update
 *     has had a part in it
 * @param statusStated whether the record says how it ended; true of a stored event
 * @param dimensions one id for each {@link Dimension} by ordinal
 * @param tags ids of tag keys and tag values in turn
 * @param unpricedReason why there is no cost, null when there is one or none is due
 * @param detail a JSON object with what only the detail view and repricing need, or null
 * @param userHash hash of the user for distinct counts, 0 for none
 * @param sessionHash hash of the session for distinct counts, 0 for none
 * @param inherited which dimensions come from the spans above it, as {@link Inherited} has them
 * @param provenance which record said what; null while one record alone made the event
 */
public record LedgerEvent(
    int tenantId,
    UUID key,
    String eventId,
    long timeMicros,
    long version,
    boolean counted,
    boolean amends,
    boolean statusStated,
    int[] dimensions,
    int[] tags,
    EventMeasures measures,
    @Nullable String traceId,
    @Nullable String spanId,
    @Nullable String parentSpanId,
    @Nullable String unpricedReason,
    @Nullable String detail,
    long userHash,
    long sessionHash,
    int inherited,
    @Nullable Provenance provenance) {

  public long epochSecond() {
    return Math.floorDiv(timeMicros, 1_000_000L);
  }

  /** Days since the epoch, UTC; names the partition. */
  public long epochDay() {
    return Math.floorDiv(timeMicros, 86_400_000_000L);
  }

  public int dimension(Dimension dimension) {
    return dimensions[dimension.ordinal()];
  }

  /** Whether the event stands for a span, which exporters may send while it runs and again. */
  public boolean isOfSpan() {
    return traceId != null && spanId != null && isId(SpanLink.eventId(traceId, spanId));
  }

  private boolean isId(String span) {
    return eventId.equals(span) || eventId.equals(span + SpanLink.USAGE_SUFFIX);
  }

  public boolean isCall() {
    return measures.get(Measure.MODEL_CALLS) != 0;
  }

  public LedgerEvent withCounted(boolean newCounted) {
    return newCounted == counted
        ? this
        : with(newCounted, dimensions, measures, unpricedReason, userHash, sessionHash, inherited);
  }

  /**
   * The event with other values for what it inherits.
   *
   * @param newDimensions owned by the new event
   */
  LedgerEvent withInherited(
      int[] newDimensions, int newInherited, long newUserHash, long newSessionHash) {
    return with(
        counted,
        newDimensions,
        measures,
        unpricedReason,
        newUserHash,
        newSessionHash,
        newInherited);
  }

  /**
   * The event with another cost.
   *
   * @param newDimensions owned by the new event
   */
  public LedgerEvent withPrice(
      int[] newDimensions, EventMeasures newMeasures, @Nullable String newUnpricedReason) {
    return with(
        counted, newDimensions, newMeasures, newUnpricedReason, userHash, sessionHash, inherited);
  }

  private LedgerEvent with(
      boolean newCounted,
      int[] newDimensions,
      EventMeasures newMeasures,
      @Nullable String newUnpricedReason,
      long newUserHash,
      long newSessionHash,
      int newInherited) {
    return new LedgerEvent(
        tenantId,
        key,
        eventId,
        timeMicros,
        version,
        newCounted,
        amends,
        statusStated,
        newDimensions,
        tags,
        newMeasures,
        traceId,
        spanId,
        parentSpanId,
        newUnpricedReason,
        detail,
        newUserHash,
        newSessionHash,
        newInherited,
        provenance);
  }
}
