package dev.tokenledger.alerting.explanation;

import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.platform.query.Granularity;
import dev.tokenledger.platform.query.Period;
import dev.tokenledger.platform.query.Query;
import dev.tokenledger.platform.query.QueryDimension;
import dev.tokenledger.platform.query.QueryMeasure;
import dev.tokenledger.platform.query.QueryService;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Explains what a measure did in a window: reads its parts and those of the baseline's windows from
 * the rollups, in a bounded number of questions, and takes the change apart. Blocks; thread-safe.
 */
@ApplicationScoped
public class Explainer {
  /**
   * Dimensions that are kept together, the most telling first: where two values hold the same
   * usage, that of the earlier dimension is told.
   */
  private static final List<List<String>> TOGETHER =
      List.of(
          List.of("agent", "feature", "model", "project", "provider", "environment"),
          List.of("user", "model", "project", "environment"),
          List.of("prompt", "model", "prompt_version", "project", "environment"),
          List.of("agent", "tool", "project", "environment"),
          List.of("model", "project", "environment"),
          List.of("project"));

  /** Causes of which it is looked up since when; each costs a question for every window. */
  private static final int DATED_CAUSES = 2;

  /** A person is named who accounts for this much of a change. */
  private static final int LEAST_PERCENT_OF_USER = 30;

  private static final Duration DAY = Duration.ofDays(1);

  private final QueryService queries;
  private final History history;

  public Explainer(AlertingStart start, History history) {
    this.queries = start.queries();
    this.history = history;
  }

  /**
   * What is to be explained.
   *
   * @param measure a name of the query API
   * @param filters values by dimension, as in the query API
   * @param window within which the measure is looked at, in whole minutes
   * @param baseline with what it is compared; null for what is usual
   */
  public record Question(
      int tenantId,
      String measure,
      Map<String, List<String>> filters,
      Window window,
      ZoneId zone,
      @Nullable Baseline baseline) {
    public Question {
      filters = Map.copyOf(filters);
    }
  }

  /**
   * @return empty where a measure cannot be taken apart: a number of distinct people or sessions,
   *     or one under filters that are not kept together with other dimensions
   */
  public Optional<Explanation> explain(Question question) {
    QueryMeasure measure = Query.measures(List.of(question.measure())).get(0);
    Optional<Quantity> quantity = Quantity.of(measure);
    List<String> dimensions = dimensions(question.filters());
    if (quantity.isEmpty() || dimensions.isEmpty()) {
      return Optional.empty();
    }
    Reader reader = new Reader(question, quantity.get(), measures(quantity.get()));
    Baseline baseline = baseline(question);
    List<Window> before = baseline.before(question.window(), question.zone());
    Analysis analysis =
        Analysis.of(
            quantity.get(),
            dimensions,
            reader.leaves(question.window(), dimensions),
            before.stream().map(window -> reader.leaves(window, dimensions)).toList());
    return Optional.of(
        new Explanation(
            quantity.get(),
            question.filters(),
            question.window(),
            question.zone(),
            baseline,
            dated(reader, baseline, analysis),
            user(reader, baseline, before, analysis)));
  }

  private Baseline baseline(Question question) {
    Optional<Instant> start = history.start(question.tenantId());
    if (start.isEmpty()) {
      return new Baseline(Window.Step.PREVIOUS, 0);
    }
    return question.baseline() == null
        ? Baseline.usual(question.window(), question.zone(), start.get())
        : question.baseline().since(start.get(), question.window(), question.zone());
  }

  /**
   * The dimensions by which usage under some filters can be taken apart, without those that the
   * filters narrow to one value.
   */
  private static List<String> dimensions(Map<String, List<String>> filters) {
    for (List<String> together : TOGETHER) {
      Set<Dimension> needed = EnumSet.noneOf(Dimension.class);
      for (QueryDimension filter : Query.filters(filters).keySet()) {
        needed.add(filter.dimension());
      }
      Query.dimensions(together).forEach(dimension -> needed.add(dimension.dimension()));
      if (Arrays.stream(Cuboid.values()).anyMatch(cuboid -> cuboid.covers(needed))) {
        return together.stream()
            .filter(dimension -> filters.getOrDefault(dimension, List.of()).size() != 1)
            .toList();
      }
    }
    return List.of();
  }

  /** Query measures that together have the sums of a quantity. */
  private static List<QueryMeasure> measures(Quantity quantity) {
    return List.of(
        Query.measures(
                List.of(
                    quantity.asMean()
                        ? quantity.measure().substring(0, quantity.measure().indexOf('.')) + ".avg"
                        : quantity.measure()))
            .get(0));
  }

  /** The analysis with the times since when its first causes depart from their usual. */
  private Analysis dated(Reader reader, Baseline baseline, Analysis analysis) {
    if (baseline.windows() == 0 || analysis.verdict() != Verdict.CAUSES) {
      return analysis;
    }
    List<Cause> causes = new ArrayList<>();
    for (Cause cause : analysis.causes()) {
      boolean isDated = causes.size() < DATED_CAUSES && !cause.values().isEmpty();
      causes.add(
          isDated
              ? cause.since(
                  Onset.of(reader.buckets(cause, baseline), cause.change() > 0).orElse(null))
              : cause);
    }
    return analysis.with(causes);
  }

  /**
   * The person who accounts for most of the change of a sum. People are kept by the hour: what is
   * expected of each is scaled to the part of the hours that lies in the window.
   */
  private static @Nullable Cause user(
      Reader reader, Baseline baseline, List<Window> before, Analysis analysis) {
    Map<String, List<String>> filters = reader.question.filters();
    boolean told =
        analysis.verdict() == Verdict.CAUSES
            || analysis.verdict() == Verdict.UNCLEAR
            || analysis.verdict() == Verdict.OVERALL;
    Set<Dimension> needed = EnumSet.of(Dimension.USER);
    for (QueryDimension filter : Query.filters(filters).keySet()) {
      needed.add(filter.dimension());
    }
    if (!told
        || baseline.windows() == 0
        || reader.quantity.isRatio()
        || analysis.change() < 0
        || filters.containsKey("user")
        || !Cuboid.BY_USER.covers(needed)) {
      return null;
    }
    List<String> dimensions = List.of("user");
    Window wide = reader.question.window().from(Grain.HOUR.floor(reader.question.window().start()));
    Map<List<String>, Figure> observed = reader.leaves(wide, dimensions);
    Map<List<String>, Figure> usual =
        Analysis.pooled(
            before.stream()
                .map(window -> window.from(Grain.HOUR.floor(window.start())))
                .map(window -> reader.leaves(window, dimensions))
                .toList());
    long total =
        Analysis.middle(
            baseline.before(wide, reader.question.zone()).stream()
                .mapToLong(window -> reader.total(window).part())
                .toArray());
    Optional<Leaf> most =
        Analysis.scaled(observed, usual, total).stream()
            .filter(leaf -> !leaf.values().get(0).startsWith("("))
            .max(Comparator.comparingLong(Leaf::change));
    long change = observed.values().stream().mapToLong(Figure::part).sum() - total;
    if (most.isEmpty() || change <= 0) {
      return null;
    }
    long percent = Analysis.scale(most.get().change(), 100, change);
    return percent < LEAST_PERCENT_OF_USER || percent > 100
        ? null
        : new Cause(
            Map.of("user", most.get().values().get(0)),
            new Figure(most.get().observed(), 0),
            new Figure(most.get().expected(), 0),
            most.get().change(),
            (int) percent,
            null);
  }

  /** Reads figures under the filters of a question. */
  private final class Reader {
    private final Question question;
    private final Quantity quantity;
    private final List<QueryMeasure> measures;

    private Reader(Question question, Quantity quantity, List<QueryMeasure> measures) {
      this.question = question;
      this.quantity = quantity;
      this.measures = measures;
    }

    private Map<List<String>, Figure> leaves(Window window, List<String> dimensions) {
      Map<List<String>, Figure> leaves = new LinkedHashMap<>();
      cells(window, question.filters(), dimensions, Granularity.NONE)
          .forEach(cell -> leaves.put(cell.values(), positive(quantity.figure(cell.sums()))));
      return leaves;
    }

    /** Corrections may leave a trace below zero where they met no rollup of the corrected event. */
    private Figure positive(Figure figure) {
      return new Figure(Math.max(0, figure.part()), Math.max(0, figure.whole()));
    }

    private Figure total(Window window) {
      return leaves(window, List.of()).values().stream().reduce(Figure.ZERO, Figure::plus);
    }

    private List<QueryService.Cell> cells(
        Window window,
        Map<String, List<String>> filters,
        List<String> dimensions,
        Granularity granularity) {
      return queries.cells(
          question.tenantId(),
          new Query(
              measures,
              Query.dimensions(dimensions),
              Query.filters(filters),
              granularity,
              new Period(window.start(), window.end(), question.zone()),
              null,
              false,
              Query.MAX_LIMIT,
              false));
    }

    /**
     * What a cause amounted to in each bucket of the window and of as long before it, a day at
     * most.
     */
    private List<Onset.Bucket> buckets(Cause cause, Baseline baseline) {
      Duration length = question.window().length();
      Duration before = length.compareTo(DAY) > 0 ? DAY : length;
      Window window = question.window().from(question.window().start().minus(before));
      Duration bucket = bucket(window.length());
      Map<String, List<String>> filters = new HashMap<>(question.filters());
      cause.values().forEach((dimension, value) -> filters.put(dimension, List.of(value)));
      Map<Long, Figure> observed = byBucket(window, filters, bucket);
      List<Map<Long, Figure>> usual = new ArrayList<>();
      for (Window earlier : baseline.before(question.window(), question.zone())) {
        usual.add(byBucket(earlier.from(earlier.start().minus(before)), filters, bucket));
      }
      List<Onset.Bucket> buckets = new ArrayList<>();
      long count = window.length().dividedBy(bucket);
      for (long i = 0; i < count; i++) {
        long at = i;
        Figure now = observed.getOrDefault(at, Figure.ZERO);
        Figure past =
            usual.stream()
                .map(series -> series.getOrDefault(at, Figure.ZERO))
                .reduce(Figure.ZERO, Figure::plus);
        buckets.add(
            new Onset.Bucket(
                window.start().plus(bucket.multipliedBy(i)),
                now.part(),
                expected(cause, now, past, baseline.windows())));
      }
      return buckets;
    }

    private long expected(Cause cause, Figure now, Figure past, int windows) {
      return !quantity.isRatio()
          ? past.part() / windows
          : cause.usual().whole() == 0
              ? 0
              : Analysis.scale(now.whole(), cause.usual().part(), cause.usual().whole());
    }

    /** Figures by the number of the bucket from the window's start. */
    private Map<Long, Figure> byBucket(
        Window window, Map<String, List<String>> filters, Duration bucket) {
      Granularity granularity =
          bucket.compareTo(Duration.ofHours(1)) >= 0 ? Granularity.HOUR : Granularity.MINUTE;
      Map<Long, Figure> figures = new TreeMap<>();
      for (QueryService.Cell cell : cells(window, filters, List.of(), granularity)) {
        Instant time = Objects.requireNonNull(cell.time());
        long at = Math.max(0, Duration.between(window.start(), time).dividedBy(bucket));
        figures.merge(at, quantity.figure(cell.sums()), Figure::plus);
      }
      return figures;
    }
  }

  /** So that there are some dozens of buckets: a minute, five, an hour or six. */
  private static Duration bucket(Duration length) {
    if (length.compareTo(Duration.ofHours(1)) <= 0) {
      return Duration.ofMinutes(1);
    }
    if (length.compareTo(Duration.ofHours(12)) <= 0) {
      return Duration.ofMinutes(5);
    }
    return length.compareTo(Duration.ofDays(4)) <= 0 ? Duration.ofHours(1) : Duration.ofHours(6);
  }
}
