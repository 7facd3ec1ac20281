package dev.tokenledger.model.rollup;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What is added up. Every measure is a 64-bit integer whose sum over any events is exact; averages
 * and rates are quotients of two of them, computed when they are shown.
 *
 * <p>The order is the layout of a {@link MeasureVector} and of the rollup tables' columns; {@link
 * #column()} names the column, and, for those that the query API shows, the measure there.
 */
public enum Measure {
  MODEL_CALLS(Unit.COUNT),
  AGENT_RUNS(Unit.COUNT),
  STEPS(Unit.COUNT),
  USER_ACTIONS(Unit.COUNT),
  /** Model calls, runs and steps that ended in failure or timeout. */
  ERRORS(Unit.COUNT),
  /** Model calls without a cost; every total over them is a lower bound. */
  UNPRICED_CALLS(Unit.COUNT),
  CACHE_HITS(Unit.COUNT),
  /** Model calls whose usage contradicts itself. */
  FLAGGED_CALLS(Unit.COUNT),
  INPUT_TOKENS(Unit.TOKENS),
  OUTPUT_TOKENS(Unit.TOKENS),
  CACHED_INPUT_TOKENS(Unit.TOKENS),
  CACHE_WRITE_TOKENS(Unit.TOKENS),
  REASONING_TOKENS(Unit.TOKENS),
  AUDIO_INPUT_TOKENS(Unit.TOKENS),
  AUDIO_OUTPUT_TOKENS(Unit.TOKENS),
  IMAGE_INPUT_TOKENS(Unit.TOKENS),
  IMAGE_OUTPUT_TOKENS(Unit.TOKENS),
  INPUT_COST(Unit.NANO_USD),
  OUTPUT_COST(Unit.NANO_USD),
  CACHED_INPUT_COST(Unit.NANO_USD),
  CACHE_WRITE_COST(Unit.NANO_USD),
  REASONING_COST(Unit.NANO_USD),
  AUDIO_INPUT_COST(Unit.NANO_USD),
  AUDIO_OUTPUT_COST(Unit.NANO_USD),
  IMAGE_INPUT_COST(Unit.NANO_USD),
  IMAGE_OUTPUT_COST(Unit.NANO_USD),
  REQUEST_COST(Unit.NANO_USD),
  /** The sum of the ten components above. */
  COST(Unit.NANO_USD),
  /** What the reporters said their calls cost; kept beside ours, never added to it. */
  REPORTED_COST(Unit.NANO_USD),
  /** Calls for which a cost was reported. */
  REPORTED_COST_CALLS(Unit.COUNT),
  LATENCY_SUM(Unit.MICROSECONDS),
  LATENCY_COUNT(Unit.COUNT),
  TIME_TO_FIRST_TOKEN_SUM(Unit.MICROSECONDS),
  TIME_TO_FIRST_TOKEN_COUNT(Unit.COUNT),
  /** Duration of runs, steps and user actions; that of model calls is the latency. */
  DURATION_SUM(Unit.MICROSECONDS),
  DURATION_COUNT(Unit.COUNT);

  /** What one unit of a measure is. */
  public enum Unit {
    COUNT,
    TOKENS,
    NANO_USD,
    MICROSECONDS
  }

  private static final Measure[] ALL = values();

  private final Unit unit;

  Measure(Unit unit) {
    this.unit = unit;
  }

  public Unit unit() {
    return unit;
  }

  /** The column in the rollup tables. */
  public String column() {
    String name = name().toLowerCase(Locale.ROOT);
    return unit == Unit.NANO_USD
        ? name + "_nanos"
        : unit == Unit.MICROSECONDS ? name + "_us" : name;
  }

  public static int count() {
    return ALL.length;
  }

  /** The measure at a position of the layout. */
  public static Measure at(int position) {
    return ALL[position];
  }

  /**
   * The measures of a mask in which bit i stands for the one at position i, in order.
   *
   * @see EventMeasures#mask()
   */
  public static List<Measure> of(long mask) {
    return Arrays.stream(ALL).filter(measure -> (mask & 1L << measure.ordinal()) != 0).toList();
  }
}
