package dev.tokenledger.platform.query;

import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.rollup.Measure.Unit;
import dev.tokenledger.model.sketch.SketchSet;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A measure of the query API: its name, what must be read for it, and how its value is made of
 * that.
 */
public sealed interface QueryMeasure {
  String name();

  /** The sums that the value is made of. */
  Set<Measure> sums();

  /** Whether sketches must be read. */
  default boolean needsSketches() {
    return false;
  }

  /** A sum as it is. */
  record Sum(String name, Measure measure) implements QueryMeasure {
    @Override
    public Set<Measure> sums() {
      return EnumSet.of(measure);
    }
  }

  /** The sum of some sums. */
  record Total(String name, Set<Measure> sums) implements QueryMeasure {}

  /** A mean duration in milliseconds; null when nothing was measured. */
  record Mean(String name, Measure sum, Measure count) implements QueryMeasure {
    @Override
    public Set<Measure> sums() {
      return EnumSet.of(sum, count);
    }
  }

  /** A share between 0 and 1, or what is missing from it to 1; null when the whole is zero. */
  record Share(String name, Measure part, Set<Measure> whole, boolean complement)
      implements QueryMeasure {
    @Override
    public Set<Measure> sums() {
      EnumSet<Measure> all = EnumSet.copyOf(whole);
      all.add(part);
      return all;
    }
  }

  /** Dollars for a thousand tokens, input and output; null without tokens. */
  record CostPerThousandTokens(String name) implements QueryMeasure {
    @Override
    public Set<Measure> sums() {
      return EnumSet.of(Measure.COST, Measure.INPUT_TOKENS, Measure.OUTPUT_TOKENS);
    }
  }

  /** A percentile in milliseconds; null when nothing was measured. */
  record Percentile(String name, Duration duration, double quantile) implements QueryMeasure {
    @Override
    public Set<Measure> sums() {
      return EnumSet.noneOf(Measure.class);
    }

    @Override
    public boolean needsSketches() {
      return true;
    }
  }

  /** A number of distinct people or sessions, estimated. */
  record Distinct(String name, boolean sessions) implements QueryMeasure {
    @Override
    public Set<Measure> sums() {
      return EnumSet.noneOf(Measure.class);
    }

    @Override
    public boolean needsSketches() {
      return true;
    }
  }

  /** The durations that percentiles are kept of. */
  enum Duration {
    LATENCY,
    TIME_TO_FIRST_TOKEN,
    DURATION
  }

  /** All measures by name, in the order in which the documentation lists them. */
  Map<String, QueryMeasure> ALL = all();

  static Optional<QueryMeasure> find(String name) {
    return Optional.ofNullable(ALL.get(name));
  }

  private static Map<String, QueryMeasure> all() {
    Map<String, QueryMeasure> all = new LinkedHashMap<>();
    for (Measure measure : Measure.values()) {
      String name = measure.name().toLowerCase(Locale.ROOT);
      if (measure.unit() == Unit.NANO_USD) {
        add(all, new Sum(name + "_usd", measure));
      } else if (measure.unit() != Unit.MICROSECONDS && !name.endsWith("_count")) {
        add(all, new Sum(name, measure));
      }
    }
    add(all, new Total("total_tokens", EnumSet.of(Measure.INPUT_TOKENS, Measure.OUTPUT_TOKENS)));
    add(all, new CostPerThousandTokens("cost_per_1k_tokens_usd"));
    Set<Measure> outcomes = EnumSet.of(Measure.MODEL_CALLS, Measure.AGENT_RUNS, Measure.STEPS);
    add(all, new Share("error_rate", Measure.ERRORS, outcomes, false));
    add(all, new Share("success_rate", Measure.ERRORS, outcomes, true));
    add(
        all,
        new Share("cache_hit_rate", Measure.CACHE_HITS, EnumSet.of(Measure.MODEL_CALLS), false));
    add(
        all,
        new Share(
            "cached_input_share",
            Measure.CACHED_INPUT_TOKENS,
            EnumSet.of(Measure.INPUT_TOKENS),
            false));
    durations(all, "latency_ms", Duration.LATENCY, Measure.LATENCY_SUM, Measure.LATENCY_COUNT);
    durations(
        all,
        "time_to_first_token_ms",
        Duration.TIME_TO_FIRST_TOKEN,
        Measure.TIME_TO_FIRST_TOKEN_SUM,
        Measure.TIME_TO_FIRST_TOKEN_COUNT);
    durations(all, "duration_ms", Duration.DURATION, Measure.DURATION_SUM, Measure.DURATION_COUNT);
    add(all, new Distinct("active_users", false));
    add(all, new Distinct("active_sessions", true));
    return all;
  }

  private static void durations(
      Map<String, QueryMeasure> all, String name, Duration duration, Measure sum, Measure count) {
    add(all, new Mean(name + ".avg", sum, count));
    for (int percent : List.of(50, 95, 99)) {
      add(all, new Percentile(name + ".p" + percent, duration, percent / 100.0));
    }
  }

  private static void add(Map<String, QueryMeasure> all, QueryMeasure measure) {
    all.put(measure.name(), measure);
  }

  /** The sketches that any of the measures needs. */
  static Set<SketchSet.Part> sketchesOf(List<QueryMeasure> measures) {
    Set<SketchSet.Part> parts = EnumSet.noneOf(SketchSet.Part.class);
    for (QueryMeasure measure : measures) {
      if (measure instanceof Percentile percentile) {
        parts.add(
            switch (percentile.duration()) {
              case LATENCY -> SketchSet.Part.LATENCY;
              case TIME_TO_FIRST_TOKEN -> SketchSet.Part.TIME_TO_FIRST_TOKEN;
              case DURATION -> SketchSet.Part.DURATION;
            });
      } else if (measure instanceof Distinct distinct) {
        parts.add(distinct.sessions() ? SketchSet.Part.SESSIONS : SketchSet.Part.USERS);
      }
    }
    return parts;
  }

  /** All sums that some measures are made of, in the order of the layout. */
  static List<Measure> sumsOf(List<QueryMeasure> measures) {
    EnumSet<Measure> needed = EnumSet.noneOf(Measure.class);
    measures.forEach(measure -> needed.addAll(measure.sums()));
    return Arrays.stream(Measure.values()).filter(needed::contains).toList();
  }
}
