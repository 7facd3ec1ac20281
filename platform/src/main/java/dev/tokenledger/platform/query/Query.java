package dev.tokenledger.platform.query;

import dev.tokenledger.platform.problem.ProblemCode;
import dev.tokenledger.platform.problem.ProblemException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A question, checked.
 *
 * @param filters values by dimension; an event passes when it has one of the values of each
 * @param orderBy name of the measure or dimension to order by, or null for time and then as found
 * @param limit most rows, or most lines of a time series; what is left out is added up in a row of
 *     its own
 * @param exact whether the edges of the period are read from the events where the buckets that are
 *     kept are longer, instead of widening it
 */
public record Query(
    List<QueryMeasure> measures,
    List<QueryDimension> dimensions,
    Map<QueryDimension, List<String>> filters,
    Granularity granularity,
    Period period,
    @Nullable String orderBy,
    boolean descending,
    int limit,
    boolean compare,
    boolean exact) {
  public static final int MAX_LIMIT = 10_000;
  private static final int MAX_MEASURES = 20;
  private static final int MAX_DIMENSIONS = 6;
  private static final int MAX_VALUES = 1_000;

  public Query {
    measures = List.copyOf(measures);
    dimensions = List.copyOf(dimensions);
    filters = Map.copyOf(filters);
  }

  public Query(
      List<QueryMeasure> measures,
      List<QueryDimension> dimensions,
      Map<QueryDimension, List<String>> filters,
      Granularity granularity,
      Period period,
      @Nullable String orderBy,
      boolean descending,
      int limit,
      boolean compare) {
    this(
        measures,
        dimensions,
        filters,
        granularity,
        period,
        orderBy,
        descending,
        limit,
        compare,
        false);
  }

  /** The same question about the period before. */
  Query previous() {
    return new Query(
        measures,
        dimensions,
        filters,
        granularity,
        period.previous(),
        orderBy,
        descending,
        limit,
        false);
  }

  /** The same question by other dimensions. */
  Query withDimensions(List<QueryDimension> others) {
    return new Query(
        measures, others, filters, granularity, period, orderBy, descending, limit, compare, exact);
  }

  /** The same question without the filter on a dimension. */
  Query withoutFilter(QueryDimension dimension) {
    Map<QueryDimension, List<String>> others = new LinkedHashMap<>(filters);
    others.remove(dimension);
    return new Query(
        measures,
        dimensions,
        others,
        granularity,
        period,
        orderBy,
        descending,
        limit,
        compare,
        exact);
  }

  /** The same question, answered to the minute. */
  Query exactly() {
    return new Query(
        measures,
        dimensions,
        filters,
        granularity,
        period,
        orderBy,
        descending,
        limit,
        compare,
        true);
  }

  /** The tags among the dimensions and filters. */
  Set<QueryDimension> tags() {
    return Stream.concat(dimensions.stream(), filters.keySet().stream())
        .filter(dimension -> dimension.tagKey() != null)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  boolean needsSketches() {
    return measures.stream().anyMatch(QueryMeasure::needsSketches);
  }

  public static List<QueryMeasure> measures(@Nullable List<String> names) {
    if (names == null || names.isEmpty()) {
      throw invalid("measures", "'measures' is missing. Send some of " + measureNames() + ".");
    }
    if (names.size() > MAX_MEASURES) {
      throw invalid("measures", "A query has " + MAX_MEASURES + " measures at most.");
    }
    List<QueryMeasure> measures = new ArrayList<>();
    for (String name : names) {
      measures.add(
          QueryMeasure.find(String.valueOf(name))
              .orElseThrow(
                  () ->
                      invalid(
                          "measures",
                          "There is no measure '"
                              + cut(name)
                              + "'. There are "
                              + measureNames()
                              + ".")));
    }
    return measures;
  }

  private static String measureNames() {
    return String.join(", ", QueryMeasure.ALL.keySet());
  }

  public static List<QueryDimension> dimensions(@Nullable List<String> names) {
    List<String> asked = names == null ? List.of() : names;
    if (asked.size() > MAX_DIMENSIONS) {
      throw invalid("dimensions", "A query has " + MAX_DIMENSIONS + " dimensions at most.");
    }
    return asked.stream().map(name -> dimension("dimensions", name)).distinct().toList();
  }

  public static Map<QueryDimension, List<String>> filters(
      @Nullable Map<String, List<String>> asked) {
    Map<QueryDimension, List<String>> filters = new LinkedHashMap<>();
    int values = 0;
    for (Map.Entry<String, List<String>> entry :
        (asked == null ? Map.<String, List<String>>of() : asked).entrySet()) {
      if (entry.getValue() == null || entry.getValue().stream().anyMatch(Objects::isNull)) {
        throw invalid("filters", "A filter is a list of texts, such as {\"model\": [\"gpt-4o\"]}.");
      }
      filters.put(dimension("filters", entry.getKey()), List.copyOf(entry.getValue()));
      values += entry.getValue().size();
    }
    if (values > MAX_VALUES) {
      throw invalid("filters", "A query has " + MAX_VALUES + " values in its filters at most.");
    }
    return filters;
  }

  private static QueryDimension dimension(String field, String name) {
    return QueryDimension.find(String.valueOf(name))
        .orElseThrow(
            () ->
                invalid(
                    field,
                    "There is no dimension '"
                        + cut(name)
                        + "'. There are "
                        + String.join(", ", QueryDimension.names())
                        + "."));
  }

  public static Granularity granularity(@Nullable String name) {
    if (name == null) {
      return Granularity.NONE;
    }
    return Arrays.stream(Granularity.values())
        .filter(g -> g.label().equals(name.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                invalid("granularity", "'granularity' is none, minute, hour, day, week or month."));
  }

  public static int limit(@Nullable Integer limit) {
    if (limit == null) {
      return 1_000;
    }
    if (limit < 1 || limit > MAX_LIMIT) {
      throw invalid("limit", "'limit' must be from 1 to " + MAX_LIMIT + ".");
    }
    return limit;
  }

  /** Checks that the order is by something that the answer has. */
  void checkOrder() {
    if (orderBy != null
        && !orderBy.equals("time")
        && measures.stream().noneMatch(m -> m.name().equals(orderBy))
        && dimensions.stream().noneMatch(d -> d.name().equals(orderBy))) {
      throw invalid(
          "order_by", "'order_by' must be time, or one of the query's measures or dimensions.");
    }
  }

  public static ProblemException invalid(String field, String detail) {
    return new ProblemException(ProblemCode.INVALID_PARAMETER, detail).with("parameter", field);
  }

  private static String cut(@Nullable String text) {
    String shown = String.valueOf(text);
    return shown.length() > 60 ? shown.substring(0, 60) + "…" : shown;
  }
}
