package dev.tokenledger.platform.query;

import dev.tokenledger.model.rollup.BucketPlan;
import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.DimensionValues;
import dev.tokenledger.model.rollup.Grain;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Answers queries from the rollups, or from the events where no rollups keep the combination that
 * is asked for. All that a query reads, it reads at one moment, so that its parts add up. Blocks;
 * thread-safe.
 */
final class QueryEngine {
  /**
   * Events that a question may read where there are no rollups for it. A total, or one by time, may
   * read any number: the database adds them up, and its time is bounded.
   */
  private static final long MAX_EVENTS = 1_000_000;

  /** What a question takes before it has read anything, and with rows on their way. */
  private static final long BASE_BYTES = 64 * 1024;

  private static final long ROWS_BYTES = 1024 * 1024;

  /** What a name takes beside its letters: its id, its entries and the string. */
  private static final long NAME_BYTES = 176;

  /** SQLSTATE of a statement that was ended by its timeout or by somebody else. */
  private static final String QUERY_CANCELED = "57014";

  private final DimensionNames names;
  private final MinuteHorizon horizon = new MinuteHorizon();

  QueryEngine(DimensionNames names) {
    this.names = names;
  }

  /**
   * What was found.
   *
   * @param plan where it was read
   * @param groups what was read, by time and dimension ids
   * @param values the values of the ids, for each dimension of the query
   */
  record Found(QueryPlan plan, Groups groups, List<Map<Integer, String>> values) {
    Map<Group.Key, Group> all() {
      return groups.all();
    }
  }

  /**
   * Runs in the caller's transaction, which must be the tenant's and a snapshot.
   *
   * @param memory that what was found stays in
   * @param cancellation by which somebody else may end it
   */
  Found run(
      Connection connection,
      int tenantId,
      Query query,
      AnswerMemory memory,
      QueryCancellation cancellation)
      throws SQLException {
    memory.add(
        query.dimensions().isEmpty() && query.granularity() == Granularity.NONE
            ? BASE_BYTES
            : ROWS_BYTES);
    cancellation.begin(connection);
    try {
      return new Run(connection, tenantId, query, memory, cancellation).found();
    } catch (SQLException e) {
      if (QUERY_CANCELED.equals(e.getSQLState())) {
        throw QueryCancellation.tooSlow();
      }
      throw e;
    } finally {
      cancellation.end();
    }
  }

  /** One question while it is read. */
  private final class Run {
    private final Connection connection;
    private final int tenantId;
    private final Query query;
    private final AnswerMemory memory;
    private final QueryCancellation cancellation;
    private final int room;

    private Run(
        Connection connection,
        int tenantId,
        Query query,
        AnswerMemory memory,
        QueryCancellation cancellation) {
      this.connection = connection;
      this.tenantId = tenantId;
      this.query = query;
      this.memory = memory;
      this.cancellation = cancellation;
      this.room = QueryMeasure.sumsOf(query.measures()).size();
    }

    Found found() throws SQLException {
      Instant minutesFrom = horizon.read(connection);
      QueryPlan plan = bounded(QueryPlan.of(query, minutesFrom), minutesFrom);
      Groups groups = new Groups(memory, room);
      if (!plan.isFromEvents()) {
        if (query.tags().isEmpty()) {
          readRollups(query, plan, groups);
        } else {
          readTag(plan, groups);
        }
      }
      readEvents(plan, groups);
      // What a correction has emptied, nothing happened in.
      groups.removeIf(group -> group.events() == 0);
      return new Found(plan, groups, names(groups.all()));
    }

    private void readRollups(Query query, QueryPlan plan, Groups groups) throws SQLException {
      cancellation.check();
      List<Filter> filters = filters(query);
      if (filters.stream().noneMatch(filter -> filter.ids().isEmpty())) {
        new RollupReader(connection, tenantId, query, filters, null).read(plan, groups);
      }
    }

    /**
     * Reads values of one tag. An event without the tag is in no row of the cuboid of tags, so
     * {@code (none)} is the whole less all values.
     */
    private void readTag(QueryPlan plan, Groups groups) throws SQLException {
      QueryDimension tag = query.tags().iterator().next();
      boolean shown = query.dimensions().contains(tag);
      List<String> asked = query.filters().get(tag);
      boolean none = asked == null || asked.contains(DimensionValues.NONE);
      Query values = query.withDimensions(with(query.dimensions(), tag));
      if (none) {
        values = values.withoutFilter(tag);
      }
      Groups byValue = new Groups(memory, room);
      Optional<Integer> key = tagKey(tag);
      List<Filter> filters = filters(values);
      if (key.isPresent() && filters.stream().noneMatch(filter -> filter.ids().isEmpty())) {
        new RollupReader(connection, tenantId, values, filters, key.get()).read(plan, byValue);
      }
      int position = values.dimensions().indexOf(tag);
      if (none) {
        Query whole = query.withDimensions(without(query.dimensions(), tag)).withoutFilter(tag);
        Groups rest = new Groups(memory, room);
        // The same buckets, so that the difference is exact.
        readRollups(
            whole,
            new QueryPlan(QueryPlan.of(whole, Instant.MIN).cuboids(), plan.buckets(), List.of()),
            rest);
        byValue.all().forEach((k, group) -> rest.of(k.without(position)).subtract(group));
        rest.all()
            .forEach(
                (k, group) -> {
                  if (group.events() != 0) {
                    byValue.of(k.with(position, DimensionValues.NONE_ID)).add(group);
                  }
                });
      }
      Set<Integer> kept =
          asked == null
              ? null
              : new HashSet<>(names.ids(connection, tenantId, Dimension.TAG_VALUE, asked));
      byValue
          .all()
          .forEach(
              (k, group) -> {
                if (kept == null || kept.contains(k.id(position))) {
                  groups.of(shown ? k : k.without(position)).add(group);
                }
              });
    }

    /**
     * The plan itself when it reads no more events than a question may; else one that reads none at
     * the edges.
     */
    private QueryPlan bounded(QueryPlan plan, Instant minutesFrom) throws SQLException {
      boolean addedUp = query.dimensions().isEmpty() && !query.needsSketches();
      if (plan.events().isEmpty() || addedUp) {
        return plan;
      }
      long events = 0;
      for (QueryPlan.Span span : plan.events()) {
        events += countEvents(span, minutesFrom);
      }
      if (events <= MAX_EVENTS) {
        return plan;
      }
      QueryPlan wider = plan.inWholeHours(query, minutesFrom);
      if (wider.events().isEmpty()) {
        return wider;
      }
      throw Query.invalid(
          "dimensions",
          "These dimensions and filters"
              + (query.needsSketches() ? ", with percentiles or distinct counts," : "")
              + " are not kept together in buckets that fit the time zone and granularity, and the"
              + " period has "
              + events
              + " events, more than the "
              + MAX_EVENTS
              + " that are read one by one. Ask for a shorter period, or combine dimensions within"
              + " one of: "
              + QueryPlan.combinations(query)
              + (minutesFrom.isAfter(query.period().start())
                  ? "; by minute, from " + minutesFrom + " on."
                  : "."));
    }

    private void readEvents(QueryPlan plan, Groups groups) throws SQLException {
      if (plan.events().isEmpty()) {
        return;
      }
      List<Filter> filters = filters(query);
      if (filters.stream().anyMatch(filter -> filter.ids().isEmpty())) {
        return;
      }
      Map<String, Integer> tagKeys = new HashMap<>();
      for (QueryDimension tag : query.tags()) {
        tagKey(tag).ifPresent(id -> tagKeys.put(tag.tagKey(), id));
      }
      StoredEventReader reader =
          new StoredEventReader(connection, tenantId, query, filters, tagKeys);
      for (QueryPlan.Span span : plan.events()) {
        cancellation.check();
        reader.read(span, groups);
      }
    }

    /**
     * How many events there are at most under those filters that the smallest cuboid knows; in
     * whole hours where the minutes are not kept.
     */
    private long countEvents(QueryPlan.Span span, Instant minutesFrom) throws SQLException {
      Query count =
          new Query(
              Query.measures(List.of("model_calls")),
              List.of(),
              query.filters().entrySet().stream()
                  .filter(e -> Cuboid.PROJECT_TOTAL.dimensions().contains(e.getKey().dimension()))
                  .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)),
              Granularity.NONE,
              query.period(),
              null,
              false,
              1,
              false);
      Grain finest = span.from().isBefore(minutesFrom) ? Grain.HOUR : Grain.MINUTE;
      Groups groups = new Groups(memory, room);
      readRollups(
          count,
          new QueryPlan(
              List.of(Cuboid.PROJECT_TOTAL),
              BucketPlan.cover(span.from(), span.until(), finest, Grain.DAY),
              List.of()),
          groups);
      return groups.all().values().stream().mapToLong(Group::events).sum();
    }

    private List<Filter> filters(Query query) throws SQLException {
      List<Filter> filters = new ArrayList<>();
      for (Map.Entry<QueryDimension, List<String>> entry : query.filters().entrySet()) {
        QueryDimension dimension = entry.getKey();
        filters.add(
            new Filter(
                dimension,
                names.ids(connection, tenantId, dimension.dimension(), entry.getValue())));
      }
      return filters;
    }

    private Optional<Integer> tagKey(QueryDimension tag) throws SQLException {
      return names
          .ids(connection, tenantId, Dimension.TAG_KEY, List.of(String.valueOf(tag.tagKey())))
          .stream()
          .findFirst();
    }

    private List<Map<Integer, String>> names(Map<Group.Key, Group> groups) throws SQLException {
      List<Map<Integer, String>> values = new ArrayList<>();
      for (int i = 0; i < query.dimensions().size(); i++) {
        int position = i;
        Set<Integer> ids = new HashSet<>();
        for (Group.Key key : groups.keySet()) {
          if (ids.add(key.id(position))) {
            memory.add(NAME_BYTES);
          }
        }
        cancellation.check();
        Map<Integer, String> named =
            names.values(connection, tenantId, query.dimensions().get(position).dimension(), ids);
        named.values().forEach(name -> memory.add(name.length()));
        values.add(named);
      }
      return values;
    }
  }

  private static List<QueryDimension> with(
      List<QueryDimension> dimensions, QueryDimension dimension) {
    if (dimensions.contains(dimension)) {
      return dimensions;
    }
    List<QueryDimension> more = new ArrayList<>(dimensions);
    more.add(dimension);
    return more;
  }

  private static List<QueryDimension> without(
      List<QueryDimension> dimensions, QueryDimension dimension) {
    return dimensions.stream().filter(d -> !d.equals(dimension)).toList();
  }
}
