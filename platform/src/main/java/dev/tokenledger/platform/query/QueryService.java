package dev.tokenledger.platform.query;

import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.DimensionValues;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.rollup.MeasureVector;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.memory.ByteBudget;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Turns what the engine found into the rows of an answer: named, ordered, cut, compared. What a
 * question has in memory is taken from the process's {@link ByteBudget}, at most half of what all
 * answers have. Blocks; thread-safe.
 */
public class QueryService {
  private final QueryEngine engine;
  private final DimensionNames names = new DimensionNames();
  private final Database database;
  private final ByteBudget memory;

  /**
   * @param database the ledger, under a role that may read it
   * @param memory of the process
   */
  public QueryService(Database database, ByteBudget memory) {
    this.database = database;
    this.memory = memory;
    this.engine = new QueryEngine(names);
  }

  private AnswerMemory memory() {
    return new AnswerMemory(memory, memory.capacity(ByteBudget.Use.ANSWERS) / 2);
  }

  /**
   * An answer. It holds the memory of its rows until it is closed, by one thread; each row is made
   * when it is asked for.
   */
  public static final class Answer implements AutoCloseable {
    private final Query query;
    private final QueryEngine.Found found;
    private final List<Line> lines;
    private final @Nullable Map<Group.Key, Group> previous;
    private final AnswerMemory memory;

    private Answer(
        Query query,
        QueryEngine.Found found,
        List<Line> lines,
        @Nullable Map<Group.Key, Group> previous,
        AnswerMemory memory) {
      this.query = query;
      this.found = found;
      this.lines = lines;
      this.previous = previous;
      this.memory = memory;
    }

    /** The number of rows. */
    public int size() {
      return lines.size();
    }

    /** A row: a value for each dimension and measure by its name. */
    public Map<String, @Nullable Object> row(int position) {
      Line line = lines.get(position);
      Map<String, @Nullable Object> row = QueryService.row(query, found, line);
      if (previous != null) {
        Group before = previous.get(position(query, line.key));
        row.put("previous", before == null ? null : measures(query, before));
      }
      return row;
    }

    /** Start of what the rows cover, at or before what was asked. */
    public Instant effectiveStart() {
      return found.plan().buckets().start();
    }

    /** End of what the rows cover. */
    public Instant effectiveEnd() {
      return found.plan().buckets().end();
    }

    /** The rollups that the answer was read from, or {@code events}. */
    public String cuboid() {
      return found.plan().source();
    }

    /** Calls in the rows whose cost is not known. */
    public long unpricedCalls() {
      return found.all().values().stream()
          .mapToLong(group -> group.sums().get(Measure.UNPRICED_CALLS))
          .sum();
    }

    /** Bytes that the answer holds. */
    long bytes() {
      return memory.used();
    }

    @Override
    public void close() {
      memory.close();
    }
  }

  /** As {@link #answer(int, Query, QueryCancellation)}, for as long as it takes. */
  public Answer answer(int tenantId, Query query) {
    return answer(tenantId, query, new QueryCancellation());
  }

  /**
   * Answers a question.
   *
   * @return to be closed by the caller
   */
  public Answer answer(int tenantId, Query query, QueryCancellation cancellation) {
    query.checkOrder();
    AnswerMemory taken = memory();
    try {
      return answer(tenantId, query, taken, cancellation);
    } catch (RuntimeException | Error e) {
      taken.close();
      throw e;
    }
  }

  private Answer answer(
      int tenantId, Query query, AnswerMemory taken, QueryCancellation cancellation) {
    return database.snapshotAsTenant(
        tenantId,
        connection -> {
          QueryEngine.Found found = engine.run(connection, tenantId, query, taken, cancellation);
          List<Line> lines = cut(query, lines(query, found, taken), taken);
          Map<Group.Key, Group> previous = null;
          if (query.compare()) {
            Query before = query.previous();
            previous =
                previous(
                    before,
                    engine.run(connection, tenantId, before, taken, cancellation),
                    lines,
                    taken);
          }
          return new Answer(query, found, lines, previous, taken);
        });
  }

  private record Line(Group.Key key, Group group) {}

  private static List<Line> lines(Query query, QueryEngine.Found found, AnswerMemory memory) {
    List<Line> lines = new ArrayList<>(found.all().size());
    found.all().forEach((key, group) -> lines.add(new Line(key, group)));
    if (lines.isEmpty()
        && query.granularity() == Granularity.NONE
        && query.dimensions().isEmpty()) {
      // A question for a total has an answer also when nothing happened.
      lines.add(new Line(new Group.Key(null, new int[0]), new Group(memory, 0)));
    }
    Optional<QueryMeasure> measure = orderMeasure(query);
    if (measure.isEmpty()) {
      lines.sort(order(query, found));
      return lines;
    }
    memory.add(lines.size() * ORDER_BYTES);
    List<Ordered> ordered = new ArrayList<>(lines.size());
    for (Line line : lines) {
      ordered.add(new Ordered(line, line.group.order(measure.get())));
    }
    Comparator<Ordered> byValue =
        Comparator.comparing(Ordered::value, Comparator.nullsFirst(Comparator.naturalOrder()));
    Comparator<Line> byNames = order(query, found);
    ordered.sort(
        (query.descending() ? byValue.reversed() : byValue).thenComparing(Ordered::line, byNames));
    lines.clear();
    ordered.forEach(o -> lines.add(o.line));
    return lines;
  }

  /** A line and the value that it is ordered by. */
  private record Ordered(Line line, @Nullable BigDecimal value) {}

  /** What an {@link Ordered}, its value and its slot take. */
  private static final long ORDER_BYTES = 80;

  /** The measure that the answer is ordered by; empty when it is by time or a dimension. */
  private static Optional<QueryMeasure> orderMeasure(Query query) {
    String orderBy = query.orderBy();
    return orderBy == null
            || orderBy.equals("time")
            || query.dimensions().stream().anyMatch(d -> d.name().equals(orderBy))
        ? Optional.empty()
        : QueryMeasure.find(orderBy);
  }

  /**
   * The asked order by time or a dimension, or what is equal in one by a measure: by time and then
   * by name, so that it is always one.
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
    return byNames;
  }

  /**
   * The first rows, or of a time series the buckets of the first lines; what is left out is added
   * up in rows of its own, so that the rows always add up to the whole.
   */
  private static List<Line> cut(Query query, List<Line> lines, AnswerMemory memory) {
    if (query.dimensions().isEmpty()) {
      return lines.size() > query.limit() ? lines.subList(0, query.limit()) : lines;
    }
    if (lines.size() <= query.limit()) {
      return lines;
    }
    List<Line> result = new ArrayList<>();
    Groups rest = new Groups(memory, room(query));
    if (query.granularity() == Granularity.NONE) {
      // Each line has a combination of its own.
      result.addAll(lines.subList(0, query.limit()));
      for (Line line : lines.subList(query.limit(), lines.size())) {
        rest.of(new Group.Key(null, null)).add(line.group);
      }
    } else {
      Set<Group.Key> combinations = new LinkedHashSet<>();
      for (Line line : lines) {
        if (combinations.add(line.key.at(null))) {
          memory.add(COMBINATION_BYTES);
        }
      }
      if (combinations.size() <= query.limit()) {
        return lines;
      }
      Set<Group.Key> kept = kept(query, lines, combinations, memory);
      for (Line line : lines) {
        if (kept.contains(line.key.at(null))) {
          result.add(line);
        } else {
          rest.of(new Group.Key(line.key.time(), null)).add(line.group);
        }
      }
    }
    rest.all().forEach((key, group) -> result.add(new Line(key, group)));
    return result;
  }

  /** What a combination takes in the set of all. */
  private static final long COMBINATION_BYTES = 80;

  private static int room(Query query) {
    return QueryMeasure.sumsOf(query.measures()).size();
  }

  /**
   * The lines of a time series that stay: those with the highest totals of the measure that it is
   * ordered by, or of its first one; the first ones where the order is by name.
   *
   * @param combinations in the order of the answer
   */
  private static Set<Group.Key> kept(
      Query query, List<Line> lines, Set<Group.Key> combinations, AnswerMemory memory) {
    String orderBy = query.orderBy();
    boolean byTime = orderBy == null || orderBy.equals("time");
    Optional<QueryMeasure> measure =
        byTime ? Optional.of(query.measures().get(0)) : orderMeasure(query);
    if (measure.isEmpty()) {
      return combinations.stream().limit(query.limit()).collect(Collectors.toSet());
    }
    QueryMeasure by = measure.get();
    Groups totals = new Groups(memory, by.sums().size());
    lines.forEach(line -> totals.of(line.key.at(null)).add(line.group, by));
    memory.add(combinations.size() * ORDER_BYTES);
    Comparator<Total> byTotal =
        Comparator.comparing(Total::value, Comparator.nullsFirst(Comparator.naturalOrder()));
    return totals.all().entrySet().stream()
        .map(entry -> new Total(entry.getKey(), entry.getValue().order(by)))
        .sorted(byTime || query.descending() ? byTotal.reversed() : byTotal)
        .limit(query.limit())
        .map(Total::key)
        .collect(Collectors.toSet());
  }

  /** A combination and the value by which it stays or goes. */
  private record Total(Group.Key key, @Nullable BigDecimal value) {}

  /** A line's place among those of its period: its ids, and in place of the time a position. */
  private static Group.Key position(Query query, Group.Key key) {
    return key.at(
        key.time() == null
            ? null
            : Instant.ofEpochSecond(query.granularity().position(query.period(), key.time())));
  }

  /** The period before by position, its rest added up as that of the answer. */
  private static Map<Group.Key, Group> previous(
      Query before, QueryEngine.Found found, List<Line> lines, AnswerMemory memory) {
    Set<Group.Key> shown = new HashSet<>();
    boolean cut = false;
    for (Line line : lines) {
      if (line.key.ids() == null) {
        cut = true;
      } else {
        shown.add(line.key.at(null));
      }
    }
    Groups previous = new Groups(memory, room(before));
    for (Map.Entry<Group.Key, Group> entry : found.all().entrySet()) {
      Group.Key at = position(before, entry.getKey());
      boolean rest = cut && !shown.contains(at.at(null));
      previous.of(rest ? new Group.Key(at.time(), null) : at).add(entry.getValue());
    }
    return previous.all();
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
        : found.values().get(position).getOrDefault(key.id(position), DimensionValues.OTHER);
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
    try (Answer answer = answer(tenantId, query)) {
      return answer.row(0);
    }
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
    return run(
        tenantId,
        query,
        found ->
            (int)
                found.all().keySet().stream()
                    .filter(key -> key.id(0) != DimensionValues.NONE_ID)
                    .count());
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
    return run(tenantId, query, found -> cells(query, found));
  }

  /** Reads in a snapshot, and lets go of what was read once something was made of it. */
  private <T> T run(int tenantId, Query query, Function<QueryEngine.Found, T> made) {
    try (AnswerMemory taken = memory()) {
      return database.snapshotAsTenant(
          tenantId,
          connection ->
              made.apply(engine.run(connection, tenantId, query, taken, new QueryCancellation())));
    }
  }

  /**
   * The sums of a period under some filters, to the minute whatever buckets are kept, in the
   * caller's transaction. The database adds them up however many events there are, as long as its
   * time for a statement suffices.
   *
   * @param connection in a snapshot as the tenant
   * @throws dev.tokenledger.platform.problem.ProblemException {@link
   *     dev.tokenledger.platform.problem.ProblemCode#TOO_SLOW} if it does not
   */
  public MeasureVector total(
      Connection connection,
      int tenantId,
      Period period,
      Map<String, List<String>> filters,
      List<String> measures)
      throws SQLException {
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
                false)
            .exactly();
    try (AnswerMemory taken = memory()) {
      QueryEngine.Found found =
          engine.run(connection, tenantId, query, taken, new QueryCancellation());
      return found.all().values().stream()
          .findFirst()
          .map(Group::sums)
          .orElseGet(MeasureVector::new);
    }
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
    try (AnswerMemory taken = memory()) {
      QueryEngine.Found found =
          engine.run(connection, tenantId, query, taken, new QueryCancellation());
      return new Cells(
          cells(query, found), found.plan().buckets().start(), found.plan().buckets().end());
    }
  }

  private static List<Cell> cells(Query query, QueryEngine.Found found) {
    List<Cell> cells = new ArrayList<>(found.all().size());
    found
        .all()
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
    return run(
        tenantId,
        query,
        found -> {
          Map<Instant, Long> days = new TreeMap<>();
          found.all().forEach((key, group) -> days.put(key.time(), group.sums().get(Measure.COST)));
          return days;
        });
  }
}
