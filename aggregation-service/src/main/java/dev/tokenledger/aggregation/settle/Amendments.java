package dev.tokenledger.aggregation.settle;

import dev.tokenledger.aggregation.event.LedgerEvent;
import dev.tokenledger.aggregation.identity.EventIdentity;
import dev.tokenledger.aggregation.rollup.RollupDelta;
import dev.tokenledger.model.rollup.DimensionValues;
import dev.tokenledger.model.rollup.EventMeasures;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.rollup.Measure.Unit;
import dev.tokenledger.model.rollup.MeasureVector;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Applies updates: an event that comes again under an id the ledger holds, from a dialect that
 * means it as more or other fields of the same event. What the later one says replaces what the
 * earlier one said; what it does not say stays. Which is later is decided by when the door admitted
 * them, so the order in which they are settled makes no difference, nor does settling one twice.
 */
final class Amendments {
  private final StoredEvents stored;
  private final Adjustments adjustments;
  private final Repricing repricing;

  Amendments(StoredEvents stored, Adjustments adjustments, Repricing repricing) {
    this.stored = stored;
    this.adjustments = adjustments;
    this.repricing = repricing;
  }

  /**
   * @param repeated events whose identity the ledger holds already
   * @return what was changed
   */
  List<StoredEvents.Change> apply(
      Connection connection, List<LedgerEvent> repeated, RollupDelta delta) throws SQLException {
    if (repeated.isEmpty()) {
      return List.of();
    }
    Map<EventIdentity, List<LedgerEvent>> byIdentity = new HashMap<>();
    for (LedgerEvent event : repeated) {
      byIdentity.computeIfAbsent(EventIdentity.of(event), i -> new ArrayList<>()).add(event);
    }
    List<StoredEvents.Locked> locked = new ArrayList<>();
    for (StoredEvents.Locked lock : stored.lock(connection, byIdentity.keySet())) {
      boolean updates = byIdentity.get(lock.identity()).stream().anyMatch(LedgerEvent::amends);
      if (updates || lock.amended()) {
        locked.add(lock);
      }
    }
    Map<EventIdentity, LedgerEvent> before = stored.load(connection, locked);
    List<StoredEvents.Change> changes = new ArrayList<>();
    for (Map.Entry<EventIdentity, LedgerEvent> entry : before.entrySet()) {
      LedgerEvent merged = merge(entry.getValue(), byIdentity.get(entry.getKey()));
      if (merged != entry.getValue()) {
        changes.add(new StoredEvents.Change(entry.getValue(), merged));
      }
    }
    List<StoredEvents.Change> priced = repricing.price(connection, changes);
    for (StoredEvents.Change change : priced) {
      delta.remove(change.before());
      delta.add(change.after());
    }
    stored.replace(connection, priced);
    adjustments.write(connection, Adjustments.Reason.AMENDED, "reporter", priced);
    return priced;
  }

  private static LedgerEvent merge(LedgerEvent stored, List<LedgerEvent> updates) {
    LedgerEvent merged = stored;
    for (LedgerEvent update :
        updates.stream().sorted(Comparator.comparingLong(LedgerEvent::version)).toList()) {
      if (update.amends() && update.version() > merged.version()) {
        merged = overlay(merged, update, true);
      } else if (merged.amends() && update.version() < merged.version()) {
        merged = overlay(update, merged, false);
      }
    }
    return merged;
  }

  /**
   * The older event with what the newer one says laid over it.
   *
   * @param hashes whether the newer one's hashes of user and session are new to the ledger
   */
  private static LedgerEvent overlay(LedgerEvent older, LedgerEvent newer, boolean hashes) {
    int[] dimensions = older.dimensions().clone();
    for (int i = 0; i < dimensions.length; i++) {
      if (newer.dimensions()[i] != DimensionValues.NONE_ID) {
        dimensions[i] = newer.dimensions()[i];
      }
    }
    return new LedgerEvent(
        newer.tenantId(),
        newer.key(),
        newer.eventId(),
        newer.timeMicros(),
        newer.version(),
        hashes ? older.counted() : newer.counted(),
        true,
        dimensions,
        tags(older.tags(), newer.tags()),
        measures(older.measures(), newer.measures()),
        other(older.traceId(), newer.traceId()),
        other(older.spanId(), newer.spanId()),
        other(older.parentSpanId(), newer.parentSpanId()),
        other(older.unpricedReason(), newer.unpricedReason()),
        other(older.detail(), newer.detail()),
        hashes ? newer.userHash() : older.userHash(),
        hashes ? newer.sessionHash() : older.sessionHash());
  }

  private static @Nullable String other(@Nullable String older, @Nullable String newer) {
    return newer == null ? older : newer;
  }

  private static int[] tags(int[] older, int[] newer) {
    if (newer.length == 0) {
      return older;
    }
    Map<Integer, Integer> values = new TreeMap<>();
    for (int i = 0; i < older.length; i += 2) {
      values.put(older[i], older[i + 1]);
    }
    for (int i = 0; i < newer.length; i += 2) {
      values.put(newer[i], newer[i + 1]);
    }
    int[] tags = new int[values.size() * 2];
    int at = 0;
    for (Map.Entry<Integer, Integer> tag : values.entrySet()) {
      tags[at++] = tag.getKey();
      tags[at++] = tag.getValue();
    }
    return tags;
  }

  private static final Set<Measure> DURATIONS =
      Set.of(
          Measure.LATENCY_SUM,
          Measure.LATENCY_COUNT,
          Measure.TIME_TO_FIRST_TOKEN_SUM,
          Measure.TIME_TO_FIRST_TOKEN_COUNT,
          Measure.DURATION_SUM,
          Measure.DURATION_COUNT);

  /** Tokens go together, and so does each duration with its count; the rest is the newer one's. */
  private static EventMeasures measures(EventMeasures older, EventMeasures newer) {
    boolean tokens =
        Arrays.stream(Measure.values()).anyMatch(m -> m.unit() == Unit.TOKENS && newer.get(m) != 0);
    MeasureVector merged = new MeasureVector();
    for (Measure measure : Measure.values()) {
      boolean said =
          measure.unit() == Unit.TOKENS || measure == Measure.FLAGGED_CALLS
              ? tokens
              : measure == Measure.REPORTED_COST || measure == Measure.REPORTED_COST_CALLS
                  ? newer.get(Measure.REPORTED_COST_CALLS) != 0
                  : !DURATIONS.contains(measure) || newer.get(measure) != 0;
      merged.add(measure, said ? newer.get(measure) : older.get(measure));
    }
    return EventMeasures.of(merged);
  }
}
