package dev.tokenledger.platform.query;

import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.DimensionValues;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.rollup.MeasureVector;
import dev.tokenledger.platform.database.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Turns what the engine found into the rows of an answer: named, ordered, cut, compared. Blocks;
 * thread-safe.
 */
public class QueryService {
  private final QueryEngine engine;
  private final DimensionNames names = new DimensionNames();
  private final Database database;

  /**
   * @param database the ledger, under a role that may read it
   */
  public QueryService(Database database) {
    this.database = database;
    this.engine = new QueryEngine(database, names);
  }

  /**
   * The rows of an answer.
   *
   * @param effectiveStart start of what the rows cover, at or before what was asked
   * @param effectiveEnd end of what the rows cover
   * @param unpricedCalls calls in the rows whose cost is not known
   */
  public record Answer(
      List<Map<String, @Nullable Object>> rows,
      Instant effectiveStart,
      Instant effectiveEnd,
      String cuboid,
      long unpricedCalls) {}

  public Answer answer(int tenantId, Query query) {
    query.checkOrder();
    QueryEngine.Found found = engine.run(tenantId, query);
    List<Line> lines = cut(query, lines(query, found));
    Map<Position, Group> previous = query.compare() ? previous(tenantId, query, lines) : Map.of();
    List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    for (Line line : lines) {
      Map<String, @Nullable Object> row = row(query, found, line);
      if (query.compare()) {
        Group before = previous.get(position(query, line.key));
        row.put("previous", before == null ? null : measures(query, before));
      }
      rows.add(row);
    }
    return new Answer(
        rows,
        found.plan().buckets().start(),
        found.plan().buckets().end(),
        found.plan().source(),
        found.groups().values().stream()
            .mapToLong(group -> group.sums().get(Measure.UNPRICED_CALLS))
            .sum());
  }

  private record Line(Group.Key key, Group group) {}

  private static List<Line> lines(Query query, QueryEngine.Found found) {
    List<Line> lines = new ArrayList<>();
    found.groups().forEach((key, group) -> lines.add(new Line(key, group)));
    if (lines.isEmpty()
        && query.granularity() == Granularity.NONE
        && query.dimensions().isEmpty()) {
      // A question for a total has an answer also when nothing happened.
      lines.add(new Line(new Group.Key(null, List.of()), new Group()));
    }
    lines.sort(order(query, found));
    return lines;
  }

  /**
   * The asked order; what is equal in it goes by time and then by name, so that it is always one.
   */
  private static Comparator<Line> order(Query query, QueryEngine.Found found) {
    Comparator<Line> byTime =
        Comparator.comparing(
            line -> line.key.time(), Comparator.nullsFirst(Comparator.naturalOrder()));
    Comparator<Line> byNames = byTime;
    for (int i = 0; i < query.dimensions().size(); i++) {
      int position = i;
      byNames = byNames.thenComparing(line -> name(found, position, line.key));
    }
    String orderBy = query.orderBy();
    if (orderBy == null || orderBy.equals("time")) {
      return (orderBy != null && query.descending() ? byTime.reversed() : byTime)
          .thenComparing(byNames);
    }
    for (int i = 0; i < query.dimensions().size(); i++) {
      if (query.dimensions().get(i).name().equals(orderBy)) {
        int position = i;
        Comparator<Line> byName =
            Comparator.comparing(
                line -> name(found, position, line.key), Comparator.naturalOrder());
        return (query.descending() ? byName.reversed() : byName).thenComparing(byNames);
      }
    }
    QueryMeasure measure = QueryMeasure.find(orderBy).orElseThrow();
    Comparator<Line> byValue =
        Comparator.comparing(
            line -> number(line.group.value(measure)),
            Comparator.nullsFirst(Comparator.naturalOrder()));
    return (query.descending() ? byValue.reversed() : byValue).thenComparing(byNames);
  }

  private static java.math.@Nullable BigDecimal number(@Nullable Object value) {
    return value == null ? null : new java.math.BigDecimal(value.toString());
  }

  /**
   * The first rows, or of a time series the buckets of the first lines; what is left out is added
   * up in rows of its own, so that the rows always add up to the whole.
   */
  private static List<Line> cut(Query query, List<Line> lines) {
    if (query.dimensions().isEmpty()) {
      return lines.size() > query.limit() ? lines.subList(0, query.limit()) : lines;
    }
    Map<List<Integer>, Group> totals = new LinkedHashMap<>();
    for (Line line : lines) {
      totals
          .computeIfAbsent(Objects.requireNonNull(line.key.ids()), ids -> new Group())
          .add(line.group);
    }
    if (totals.size() <= query.limit()) {
      return lines;
    }
    Set<List<Integer>> kept = kept(query, lines, totals);
    List<Line> result = new ArrayList<>();
    Map<Group.Key, Group> rest = new LinkedHashMap<>();
    for (Line line : lines) {
      if (kept.contains(line.key.ids())) {
        result.add(line);
      } else {
        rest.computeIfAbsent(new Group.Key(line.key.time(), null), k -> new Group())
            .add(line.group);
      }
    }
    rest.forEach((key, group) -> result.add(new Line(key, group)));
    return result;
  }

  /**
   * The lines that stay: of a time series those with the highest totals of the measure that it is
   * ordered by, or of its first one; the first ones where the order is by name or there is no time.
   */
  private static Set<List<Integer>> kept(
      Query query, List<Line> lines, Map<List<Integer>, Group> totals) {
    String orderBy = query.orderBy();
    boolean byTime = orderBy == null || orderBy.equals("time");
    Optional<QueryMeasure> measure =
        byTime ? Optional.of(query.measures().get(0)) : QueryMeasure.find(orderBy);
    if (query.granularity() == Granularity.NONE || measure.isEmpty()) {
      return totals.keySet().stream().limit(query.limit()).collect(Collectors.toSet());
    }
    Comparator<Map.Entry<List<Integer>, Group>> byTotal =
        Comparator.comparing(
            entry -> number(entry.getValue().value(measure.get())),
            Comparator.nullsFirst(Comparator.naturalOrder()));
    return totals.entrySet().stream()
        .sorted(byTime || query.descending() ? byTotal.reversed() : byTotal)
        .limit(query.limit())
        .map(Map.Entry::getKey)
        .collect(Collectors.toSet());
  }

  /** A line of an answer: the position of its bucket in the period, and the ids. */
  private record Position(long bucket, @Nullable List<Integer> ids) {}

  private static Position position(Query query, Group.Key key) {
    return new Position(
        key.time() == null ? 0 : query.granularity().position(query.period(), key.time()),
        key.ids());
  }

  /** The period before, its rest added up as that of the answer. */
  private Map<Position, Group> previous(int tenantId, Query query, List<Line> lines) {
    Query before = query.previous();
    Set<List<Integer>> shown =
        lines.stream()
            .map(line -> line.key.ids())
            .filter(Objects::nonNull)
            .collect(Collectors.toSet());
    boolean cut = lines.stream().anyMatch(line -> line.key.ids() == null);
    Map<Position, Group> previous = new HashMap<>();
    engine
        .run(tenantId, before)
        .groups()
        .forEach(
            (key, group) -> {
              Position at = position(before, key);
              boolean rest = cut && !shown.contains(key.ids());
              previous
                  .computeIfAbsent(rest ? new Position(at.bucket, null) : at, p -> new Group())
                  .add(group);
            });
    return previous;
  }

  private static Map<String, @Nullable Object> row(
      Query query, QueryEngine.Found found, Line line) {
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    if (line.key.time() != null) {
      row.put("time", line.key.time().toString());
    }
    for (int i = 0; i < query.dimensions().size(); i++) {
      row.put(query.dimensions().get(i).name(), name(found, i, line.key));
    }
    row.putAll(measures(query, line.group));
    return row;
  }

  private static Map<String, @Nullable Object> measures(Query query, Group group) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    for (QueryMeasure measure : query.measures()) {
      values.put(measure.name(), group.value(measure));
    }
    return values;
  }

  private static String name(QueryEngine.Found found, int position, Group.Key key) {
    return key.ids() == null
        ? DimensionValues.OTHER
        : found.values().get(position).getOrDefault(key.ids().get(position), DimensionValues.OTHER);
  }

  /** Values of a dimension that begin with a prefix. */
  public List<String> values(int tenantId, Dimension dimension, String prefix, int limit) {
    return database.asTenant(
        tenantId, connection -> names.list(connection, tenantId, dimension, prefix, limit));
  }

  /** What there is of some measures in a period, in one row, under given filters. */
  public Map<String, @Nullable Object> totals(
      int tenantId, Period period, Map<String, List<String>> filters, List<String> measures) {
    Query query =
        new Query(
            Query.measures(measures),
            List.of(),
            Query.filters(filters),
            Granularity.NONE,
            period,
            null,
            false,
            1,
            false);
    return answer(tenantId, query).rows().get(0);
  }

  /** The number of values of a dimension that occur in a period, {@code (none)} left out. */
  public int distinct(
      int tenantId, Period period, Map<String, List<String>> filters, String dimension) {
    Query query =
        new Query(
            Query.measures(List.of("model_calls")),
            Query.dimensions(List.of(dimension)),
            Query.filters(filters),
            Granularity.NONE,
            period,
            null,
            false,
            Query.MAX_LIMIT,
            false);
    return (int)
        engine.run(tenantId, query).groups().keySet().stream()
            .filter(key -> key.ids() != null && key.ids().get(0) != DimensionValues.NONE_ID)
            .count();
  }

  /**
   * What was found for one combination of values in one bucket.
   *
   * @param time start of the bucket, or null without granularity
   * @param values one for each dimension of the query, in its order
   * @param sums exact, in the measures' own units
   */
  public record Cell(@Nullable Instant time, List<String> values, MeasureVector sums) {}

  /**
   * The sums that the query's measures are made of, for every combination that occurs; neither
   * ordered nor cut to the query's limit.
   */
  public List<Cell> cells(int tenantId, Query query) {
    return cells(query, engine.run(tenantId, query));
  }

  /** As {@link #cells(int, Query)}, with what the cells cover. */
  public record Cells(List<Cell> cells, Instant start, Instant end) {}

  /**
   * As {@link #cells(int, Query)}, in the caller's transaction, so that what it reads beside is of
   * the same moment.
   *
   * @param connection in a snapshot as the tenant
   */
  public Cells cells(Connection connection, int tenantId, Query query) throws SQLException {
    QueryEngine.Found found = engine.run(connection, tenantId, query);
    return new Cells(
        cells(query, found), found.plan().buckets().start(), found.plan().buckets().end());
  }

  private static List<Cell> cells(Query query, QueryEngine.Found found) {
    List<Cell> cells = new ArrayList<>(found.groups().size());
    found
        .groups()
        .forEach(
            (key, group) -> {
              List<String> values = new ArrayList<>(query.dimensions().size());
              for (int i = 0; i < query.dimensions().size(); i++) {
                values.add(name(found, i, key));
              }
              cells.add(new Cell(key.time(), List.copyOf(values), group.sums()));
            });
    return cells;
  }

  /** Cost in nano-dollars of each day of a period, in the period's time zone. */
  public Map<Instant, Long> dailyCost(
      int tenantId, Period period, Map<String, List<String>> filters) {
    Query query =
        new Query(
            Query.measures(List.of("cost_usd")),
            List.of(),
            Query.filters(filters),
            Granularity.DAY,
            period,
            null,
            false,
            Query.MAX_LIMIT,
            false);
    Map<Instant, Long> days = new java.util.TreeMap<>();
    engine
        .run(tenantId, query)
        .groups()
        .forEach((key, group) -> days.put(key.time(), group.sums().get(Measure.COST)));
    return days;
  }
}
