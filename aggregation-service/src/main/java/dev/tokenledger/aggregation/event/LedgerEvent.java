package dev.tokenledger.aggregation.event;

import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.EventMeasures;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An event as a row of the ledger: dimension values as numbers, measures as the rollups have them.
 * The arrays belong to the event and are not changed after its values have their numbers.
 *
 * @param key 128-bit hash of the event's id; with the tenant, the event's identity
 * @param timeMicros start, microseconds since the epoch
 * @param version when the door admitted it, microseconds since the epoch
 * @param counted whether its measures are in the rollups
 * @param amends whether it updates an earlier event with the same id
 * @param dimensions one id for each {@link Dimension} by ordinal
 * @param tags ids of tag keys and tag values in turn
 * @param unpricedReason why there is no cost, null when there is one or none is due
 * @param detail a JSON object with what only the detail view and repricing need, or null
 * @param userHash hash of the user for distinct counts, 0 for none or unknown
 * @param sessionHash hash of the session for distinct counts, 0 for none or unknown
 */
public record LedgerEvent(
    int tenantId,
    UUID key,
    String eventId,
    long timeMicros,
    long version,
    boolean counted,
    boolean amends,
    int[] dimensions,
    int[] tags,
    EventMeasures measures,
    @Nullable String traceId,
    @Nullable String spanId,
    @Nullable String parentSpanId,
    @Nullable String unpricedReason,
    @Nullable String detail,
    long userHash,
    long sessionHash) {

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

  public LedgerEvent withCounted(boolean newCounted) {
    return new LedgerEvent(
        tenantId,
        key,
        eventId,
        timeMicros,
        version,
        newCounted,
        amends,
        dimensions,
        tags,
        measures,
        traceId,
        spanId,
        parentSpanId,
        unpricedReason,
        detail,
        userHash,
        sessionHash);
  }
}
