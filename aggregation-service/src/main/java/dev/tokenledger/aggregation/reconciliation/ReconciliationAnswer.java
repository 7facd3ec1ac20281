package dev.tokenledger.aggregation.reconciliation;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.tokenledger.model.money.Money;
import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.rollup.MeasureVector;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The reconciliation of a period.
 *
 * @param agrees whether all ways of adding up give the same; while blocks are unsettled, Redis may
 *     be a moment behind Postgres
 * @param unsettledBlocks blocks that are accepted and on their way
 */
public record ReconciliationAnswer(
    Period period,
    boolean agrees,
    long unsettledBlocks,
    Accepted accepted,
    Totals stored,
    List<CuboidTotals> rolledUp,
    Redis redis) {

  /** The period by start of the events, widened to whole hours. */
  public record Period(Instant start, Instant end) {}

  /**
   * @param events events that were accepted and settled
   * @param duplicates those that were there already
   * @param amended those that updated another
   * @param dead those that were accepted and could not be settled: they are in dead letters, to be
   *     replayed
   * @param agrees whether none are dead, and the others are the rows that are stored
   */
  public record Accepted(long events, long duplicates, long amended, long dead, boolean agrees) {}

  /** The figures that are compared; all other measures are compared as well. */
  public record Totals(
      long events,
      long modelCalls,
      long agentRuns,
      long steps,
      long userActions,
      long errors,
      long unpricedCalls,
      long inputTokens,
      long outputTokens,
      long cachedInputTokens,
      String costUsd) {
    static Totals of(long events, MeasureVector sums) {
      return new Totals(
          events,
          sums.get(Measure.MODEL_CALLS),
          sums.get(Measure.AGENT_RUNS),
          sums.get(Measure.STEPS),
          sums.get(Measure.USER_ACTIONS),
          sums.get(Measure.ERRORS),
          sums.get(Measure.UNPRICED_CALLS),
          sums.get(Measure.INPUT_TOKENS),
          sums.get(Measure.OUTPUT_TOKENS),
          sums.get(Measure.CACHED_INPUT_TOKENS),
          Money.ofNanos(sums.get(Measure.COST)).toUsd());
    }

    private static long counted(MeasureVector sums) {
      return sums.get(Measure.MODEL_CALLS)
          + sums.get(Measure.AGENT_RUNS)
          + sums.get(Measure.STEPS)
          + sums.get(Measure.USER_ACTIONS);
    }
  }

  /**
   * The sum over one combination of dimensions.
   *
   * @param cuboid its name; {@code user_sums} are those of users that are added up over models
   * @param agrees whether every measure is that of the stored events
   */
  public record CuboidTotals(String cuboid, Totals totals, boolean agrees) {}

  /**
   * The hot rollups.
   *
   * @param start start of the part of the period that Redis holds
   */
  public record Redis(Instant start, Totals totals, boolean agrees) {}

  @JsonProperty("events_that_count")
  long eventsThatCount() {
    return stored.modelCalls() + stored.agentRuns() + stored.steps() + stored.userActions();
  }

  static ReconciliationAnswer of(Reconciliation.Figures figures) {
    return new ReconciliationAnswer(
        new Period(figures.start(), figures.end()),
        figures.acceptedAgrees() && figures.rollupsAgree() && figures.hotAgrees(),
        figures.unsettledBlocks(),
        new Accepted(
            figures.accepted(),
            figures.duplicates(),
            figures.amended(),
            figures.deadEvents(),
            figures.acceptedAgrees()),
        Totals.of(figures.storedEvents(), figures.stored()),
        Stream.concat(
                figures.rolledUp().entrySet().stream()
                    .map(entry -> totals(label(entry.getKey()), entry.getValue(), figures)),
                Stream.of(totals("user_sums", figures.users(), figures)))
            .toList(),
        new Redis(
            figures.hotFrom(),
            Totals.of(Totals.counted(figures.hot()), figures.hot()),
            figures.hotAgrees()));
  }

  private static CuboidTotals totals(
      String name, MeasureVector sums, Reconciliation.Figures figures) {
    return new CuboidTotals(
        name, Totals.of(Totals.counted(sums), sums), sums.equals(figures.stored()));
  }

  private static String label(Cuboid cuboid) {
    return cuboid.name().toLowerCase(Locale.ROOT);
  }
}
