package dev.tokenledger.aggregation.settle;

import dev.tokenledger.aggregation.event.Adjustments;
import dev.tokenledger.aggregation.event.EventIdentity;
import dev.tokenledger.aggregation.event.LedgerEvent;
import dev.tokenledger.aggregation.event.RecordMerge;
import dev.tokenledger.aggregation.event.StoredEvents;
import dev.tokenledger.aggregation.repricing.Repricing;
import dev.tokenledger.aggregation.rollup.RollupDelta;
import dev.tokenledger.aggregation.settle.WrapperResolution.Decision;
import dev.tokenledger.aggregation.settle.WrapperResolution.Decisions;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Brings events to the state that all of their records and all of their trace make of them: new
 * ones before they are stored, and stored ones to which further records or spans have come.
 */
public final class Corrections {
  private static final String OF_TRACE = "trace";
  private static final String OF_REPORTER = "reporter";

  private final StoredEvents stored;
  private final Adjustments adjustments;
  private final Repricing repricing;

  public Corrections(StoredEvents stored, Adjustments adjustments, Repricing repricing) {
    this.stored = stored;
    this.adjustments = adjustments;
    this.repricing = repricing;
  }

  /**
   * New events as they are to be stored: with what their traces make of them.
   *
   * @param people the hashes that the decisions need
   */
  List<LedgerEvent> complete(
      Connection connection, List<LedgerEvent> fresh, Decisions decisions, PersonHashes people)
      throws SQLException {
    List<LedgerEvent> complete = new ArrayList<>(fresh.size());
    List<StoredEvents.Change> priced = new ArrayList<>();
    for (LedgerEvent record : fresh) {
      LedgerEvent event = RecordMerge.first(record);
      Decision decision = decisions.ofEvents().get(EventIdentity.of(event));
      LedgerEvent decided = decision == null ? event : apply(decision, event, people);
      if (decided.isCall() && !RecordMerge.isPricedAlike(event, decided)) {
        priced.add(new StoredEvents.Change(event, decided));
      } else {
        complete.add(decided);
      }
    }
    repricing.price(connection, priced).forEach(change -> complete.add(change.after()));
    return complete;
  }

  /**
   * Changes what is stored.
   *
   * @param repeated records of events that the ledger holds
   * @param people the hashes that the decisions need
   * @param delta takes the changes of the sums
   * @return what the records have changed; what traces changed alone is not among it
   */
  List<StoredEvents.Change> apply(
      Connection connection,
      List<LedgerEvent> repeated,
      Decisions decisions,
      PersonHashes people,
      RollupDelta delta)
      throws SQLException {
    Map<EventIdentity, List<LedgerEvent>> records = new HashMap<>();
    for (LedgerEvent record : repeated) {
      records.computeIfAbsent(EventIdentity.of(record), i -> new ArrayList<>()).add(record);
    }
    Set<EventIdentity> touched = new HashSet<>(records.keySet());
    touched.addAll(decisions.changed());
    if (touched.isEmpty()) {
      return List.of();
    }
    List<StoredEvents.Locked> locked = toLoad(connection, touched, records);
    List<StoredEvents.Change> changes = new ArrayList<>();
    List<StoredEvents.Change> toPrice = new ArrayList<>();
    stored
        .load(connection, locked)
        .forEach(
            (identity, before) -> {
              LedgerEvent after = before;
              List<LedgerEvent> more = records.get(identity);
              if (more != null) {
                after = RecordMerge.merge(before, more);
              }
              Decision decision = decisions.ofEvents().get(identity);
              if (decision != null) {
                after = apply(decision, after, people);
              }
              if (after != before) {
                boolean price = after.isCall() && !RecordMerge.isPricedAlike(before, after);
                (price ? toPrice : changes).add(new StoredEvents.Change(before, after));
              }
            });
    changes.addAll(repricing.price(connection, toPrice));
    write(connection, changes, records.keySet(), delta);
    return changes.stream()
        .filter(change -> records.containsKey(EventIdentity.of(change.after())))
        .toList();
  }

  /**
   * Locks the events and names those that may change. Most repetitions change nothing, which the
   * versions of what is stored tell without the events.
   */
  private List<StoredEvents.Locked> toLoad(
      Connection connection,
      Set<EventIdentity> touched,
      Map<EventIdentity, List<LedgerEvent>> records)
      throws SQLException {
    List<StoredEvents.Locked> toLoad = new ArrayList<>();
    List<StoredEvents.Locked> doubtful = new ArrayList<>();
    for (StoredEvents.Locked lock : stored.lock(connection, touched)) {
      (mayChange(lock, records.get(lock.identity())) ? toLoad : doubtful).add(lock);
    }
    for (StoredEvents.Shown shown : stored.shown(connection, doubtful)) {
      boolean earlier =
          records.get(shown.lock().identity()).stream()
              .anyMatch(record -> record.version() < shown.version());
      if (shown.amended() || earlier) {
        toLoad.add(shown.lock());
      }
    }
    return toLoad;
  }

  private static boolean mayChange(StoredEvents.Locked lock, @Nullable List<LedgerEvent> records) {
    return records == null
        || lock.amended()
        || records.stream().anyMatch(record -> record.amends() || record.isOfSpan());
  }

  private static LedgerEvent apply(Decision decision, LedgerEvent event, PersonHashes people) {
    LedgerEvent decided =
        decision.counted() == null ? event : event.withCounted(decision.counted());
    return people.inherited(event.tenantId(), decision.inherited()).applyTo(decided);
  }

  private void write(
      Connection connection,
      List<StoredEvents.Change> changes,
      Set<EventIdentity> reported,
      RollupDelta delta)
      throws SQLException {
    Map<Adjustments.Reason, List<StoredEvents.Change>> shown =
        new EnumMap<>(Adjustments.Reason.class);
    for (StoredEvents.Change change : changes) {
      delta.remove(change.before());
      delta.add(change.after());
      if (!RecordMerge.isSame(change.before(), change.after())) {
        shown.computeIfAbsent(reason(change, reported), r -> new ArrayList<>()).add(change);
      }
    }
    stored.replace(connection, changes);
    for (Map.Entry<Adjustments.Reason, List<StoredEvents.Change>> entry : shown.entrySet()) {
      adjustments.write(
          connection,
          entry.getKey(),
          entry.getKey() == Adjustments.Reason.AMENDED ? OF_REPORTER : OF_TRACE,
          entry.getValue());
    }
  }

  private static Adjustments.Reason reason(
      StoredEvents.Change change, Set<EventIdentity> reported) {
    if (reported.contains(EventIdentity.of(change.after()))) {
      return Adjustments.Reason.AMENDED;
    }
    return change.before().counted() == change.after().counted()
        ? Adjustments.Reason.INHERITED
        : Adjustments.Reason.WRAPPER;
  }
}
