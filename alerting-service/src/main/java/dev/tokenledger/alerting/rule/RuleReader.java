package dev.tokenledger.alerting.rule;

import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.alerting.explanation.History;
import dev.tokenledger.alerting.explanation.Phrases;
import dev.tokenledger.alerting.explanation.Window;
import dev.tokenledger.model.rollup.DimensionValues;
import dev.tokenledger.platform.query.Granularity;
import dev.tokenledger.platform.query.Period;
import dev.tokenledger.platform.query.Query;
import dev.tokenledger.platform.query.QueryService;
import jakarta.enterprise.context.ApplicationScoped;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Looks at a rule's window and the earlier ones in the ledger. Blocks; thread-safe. */
@ApplicationScoped
class RuleReader {
  /** Series of one rule that are looked at. */
  static final int MAX_SERIES = 200;

  /** The series of a rule that has no dimension to be looked at by. */
  static final String ONLY = "";

  private static final List<String> KINDS =
      List.of("model_calls", "agent_runs", "steps", "user_actions");
  private static final Sample NOTHING = new Sample(null, 0);

  private final QueryService queries;
  private final History history;

  RuleReader(AlertingStart start, History history) {
    this.queries = start.queries();
    this.history = history;
  }

  /**
   * What a rule says.
   *
   * @param outcomes by series
   * @param note what people should know, or null
   */
  record Found(Map<String, RuleOutcome> outcomes, @Nullable String note) {}

  /**
   * @param known series that are looked at even if nothing happened in them
   */
  Found read(Rule rule, Window window, Collection<String> known) {
    Map<String, Sample> now = samples(rule, window);
    Instant since = history.start(rule.tenantId()).orElse(window.start());
    List<Map<String, Sample>> earlier = new ArrayList<>();
    for (int i = 1; i <= rule.comparison().windows(); i++) {
      Window before = window.earlier(rule.comparison().step(), i, rule.zone());
      if (!before.start().isBefore(since)) {
        earlier.add(samples(rule, before));
      }
    }
    Set<String> all = new LinkedHashSet<>(known);
    all.addAll(now.keySet());
    earlier.forEach(samples -> all.addAll(samples.keySet()));
    if (rule.per() != null && speaksOfSilence(rule)) {
      // Who was there before and is not any more can only be missed if he is known.
      all.addAll(samples(rule, window.earlier(Window.Step.PREVIOUS, 1, rule.zone())).keySet());
    }
    if (rule.per() == null) {
      all.add(ONLY);
    }
    boolean isSum = Phrases.isSum(rule.measure());
    Map<String, RuleOutcome> outcomes = new TreeMap<>();
    for (String series : watched(all, known, now)) {
      outcomes.put(
          series,
          RuleOutcome.of(
              rule,
              isSum,
              now.getOrDefault(series, NOTHING),
              earlier.stream().map(samples -> samples.getOrDefault(series, NOTHING)).toList()));
    }
    return new Found(
        outcomes,
        outcomes.size() == all.size()
            ? null
            : "There are "
                + all.size()
                + " values of '"
                + rule.per()
                + "'; the "
                + MAX_SERIES
                + " with the most usage are watched.");
  }

  private static boolean speaksOfSilence(Rule rule) {
    return rule.noData() == NoData.ALERT
        || (rule.noData() == NoData.ZERO && !rule.operator().isUpward());
  }

  /** Those with the most usage, and those of which something holds. */
  private static Set<String> watched(
      Set<String> all, Collection<String> known, Map<String, Sample> now) {
    Set<String> watched = new LinkedHashSet<>(known);
    all.stream()
        .sorted(
            Comparator.comparingLong((String series) -> -now.getOrDefault(series, NOTHING).volume())
                .thenComparing(Comparator.naturalOrder()))
        .limit(MAX_SERIES)
        .forEach(watched::add);
    return watched;
  }

  private Map<String, Sample> samples(Rule rule, Window window) {
    Set<String> measures = new LinkedHashSet<>();
    measures.add(rule.measure());
    measures.addAll(KINDS);
    List<String> dimensions = rule.per() == null ? List.of() : List.of(rule.per());
    Query query =
        new Query(
            Query.measures(List.copyOf(measures)),
            Query.dimensions(dimensions),
            Query.filters(rule.filters()),
            Granularity.NONE,
            new Period(window.start(), window.end(), rule.zone()),
            rule.per() == null ? null : "model_calls",
            true,
            Query.MAX_LIMIT - 1,
            false);
    Map<String, Sample> samples = new LinkedHashMap<>();
    try (QueryService.Answer answer = queries.answer(rule.tenantId(), query)) {
      for (int i = 0; i < answer.size(); i++) {
        Map<String, @Nullable Object> row = answer.row(i);
        Object value = row.get(rule.measure());
        long volume = 0;
        for (String kind : KINDS) {
          volume += ((Number) row.getOrDefault(kind, 0L)).longValue();
        }
        samples.put(
            rule.per() == null
                ? ONLY
                : String.valueOf(row.getOrDefault(rule.per(), DimensionValues.OTHER)),
            new Sample(
                value == null || volume == 0 ? null : new BigDecimal(value.toString()), volume));
      }
    }
    return samples;
  }
}
