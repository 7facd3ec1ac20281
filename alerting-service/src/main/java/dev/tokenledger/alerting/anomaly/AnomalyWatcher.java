package dev.tokenledger.alerting.anomaly;

import dev.tokenledger.alerting.explanation.Explainer;
import dev.tokenledger.alerting.explanation.Explanation;
import dev.tokenledger.alerting.incident.Condition;
import dev.tokenledger.alerting.incident.Incidents;
import dev.tokenledger.platform.database.Database;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Feeds hours that are over to the detectors of a tenant, and makes incidents of what alarms. What
 * follows of an hour is worked out first, and written together with its incidents in one
 * transaction that begins with the row of the subject, if that still stands where it stood: of
 * several processes one writes, the others drop what they have, and after a crash it is all done
 * again. So each hour is fed once.
 */
final class AnomalyWatcher {
  /** Explanations for one tenant in one hour; further anomalies are told without. */
  private static final int MAX_EXPLAINED = 10;

  private final Database database;
  private final UsageSource usage;
  private final Function<Explainer.Question, Optional<Explanation>> explainer;
  private final Incidents incidents;
  private final AnomalySettings settings;
  private final WatchStore store;
  private final Clock clock;

  AnomalyWatcher(
      Database database,
      UsageSource usage,
      Function<Explainer.Question, Optional<Explanation>> explainer,
      Incidents incidents,
      AnomalySettings settings,
      Clock clock) {
    this.database = database;
    this.usage = usage;
    this.explainer = explainer;
    this.incidents = incidents;
    this.settings = settings;
    this.store = new WatchStore(settings);
    this.clock = clock;
  }

  /** The hours of one dimension's subjects that stand at the same place. */
  private record Hours(String dimension, Instant start) {}

  /**
   * Feeds all hours that are not fed yet.
   *
   * @param end of the last hour; the ledger must have everything through it
   * @return how many subjects were fed by this call
   */
  int feed(int tenantId, Instant end) {
    Set<WatchedSeries> subjects = new LinkedHashSet<>(usage.largest(tenantId, end));
    subjects.addAll(database.asTenant(tenantId, connection -> store.unusual(connection, tenantId)));
    Map<WatchedSeries, SeriesState> known = new HashMap<>();
    Map<Hours, List<WatchedSeries>> needed = new LinkedHashMap<>();
    for (WatchedSeries subject : subjects) {
      Optional<SeriesState> watch =
          database.asTenant(tenantId, connection -> store.find(connection, tenantId, subject));
      watch.ifPresent(found -> known.put(subject, found));
      Instant start = HourlyDetection.start(watch.orElse(null), end);
      if (start.isBefore(end) && !isAhead(watch.orElse(null), end)) {
        needed
            .computeIfAbsent(new Hours(subject.dimension(), start), h -> new ArrayList<>())
            .add(subject);
      }
    }
    int fed = 0;
    int explained = 0;
    for (Map.Entry<Hours, List<WatchedSeries>> entry : needed.entrySet()) {
      Map<WatchedSeries, SortedMap<Instant, Amounts>> hours =
          usage.hours(tenantId, entry.getValue(), entry.getKey().start(), end);
      for (WatchedSeries subject : entry.getValue()) {
        SeriesState before = known.get(subject);
        Optional<HourlyDetection.Fed> next =
            HourlyDetection.feed(
                subject,
                before,
                hours.getOrDefault(subject, Collections.emptySortedMap()),
                end,
                settings);
        if (next.isPresent()) {
          List<Told> told = told(tenantId, next.get(), MAX_EXPLAINED - explained);
          explained += told.size();
          fed += write(tenantId, before, next.get().watch(), told) ? 1 : 0;
        }
      }
    }
    database.asTenant(
        tenantId,
        connection -> {
          store.forget(connection, tenantId, clock.instant());
          return null;
        });
    return fed;
  }

  /** Another process may be ahead of this one's clock. */
  private static boolean isAhead(@Nullable SeriesState watch, Instant end) {
    return watch != null && !watch.lastBucket().plus(HourlyDetection.BUCKET).isBefore(end);
  }

  /** A condition to be reported, or the end of one. */
  private record Told(@Nullable Condition condition, HourlyDetection.@Nullable End end) {}

  /** Outside of any transaction: an explanation asks the ledger many questions. */
  private List<Told> told(int tenantId, HourlyDetection.Fed fed, int explanations) {
    List<Told> told = new ArrayList<>();
    for (HourlyDetection.Event event : fed.events()) {
      if (event instanceof HourlyDetection.Alarm alarm) {
        Optional<Explanation> explanation =
            told.size() < explanations
                ? explainer.apply(AnomalyNotification.question(tenantId, alarm))
                : Optional.empty();
        told.add(new Told(AnomalyNotification.condition(tenantId, alarm, explanation), null));
      } else if (event instanceof HourlyDetection.End end) {
        told.add(new Told(null, end));
      }
    }
    return told;
  }

  private boolean write(
      int tenantId, @Nullable SeriesState before, SeriesState after, List<Told> told) {
    return database.asTenant(
        tenantId,
        connection -> {
          if (!store.write(connection, tenantId, before, after, clock.instant())) {
            return false;
          }
          for (Told one : told) {
            if (one.condition() != null) {
              incidents.report(connection, one.condition());
            } else if (one.end() != null) {
              incidents.clear(connection, tenantId, one.end().key(), one.end().reason());
            }
          }
          return true;
        });
  }

  /** Ends all anomalies, where nobody watches any more. */
  void endAll() {
    List<Integer> tenants =
        database.asService(connection -> incidents.tenants(connection, AnomalyNotification.SOURCE));
    for (int tenantId : tenants) {
      database.asTenant(
          tenantId,
          connection -> {
            store.endAll(connection, tenantId);
            for (String key :
                incidents.openKeys(connection, tenantId, AnomalyNotification.SOURCE, null)) {
              incidents.clear(connection, tenantId, key, "anomalies are not looked for any more");
            }
            return null;
          });
    }
  }
}
