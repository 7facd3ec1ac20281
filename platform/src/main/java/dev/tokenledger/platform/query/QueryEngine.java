package dev.tokenledger.platform.query;

import dev.tokenledger.model.rollup.BucketPlan;
import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.DimensionValues;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.platform.database.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Answers queries from the rollups, or from the events where no rollups keep the combination that
 * is asked for. All that a query reads, it reads at one moment, so that its parts add up. Blocks;
 * thread-safe.
 */
final class QueryEngine {
  /** Events that a question may read where there are no rollups for it. */
  private static final long MAX_EVENTS = 1_000_000;

  private static final List<Measure> KINDS =
      List.of(Measure.MODEL_CALLS, Measure.AGENT_RUNS, Measure.STEPS, Measure.USER_ACTIONS);

  private final Database database;
  private final DimensionNames names;

  QueryEngine(Database database, DimensionNames names) {
    this.database = database;
    this.names = names;
  }

  /**
   * What was found.
   *
   * @param plan where it was read
   * @param groups what was read, by time and dimension ids
   * @param values the values of the ids, for each dimension of the query
   */
  record Found(QueryPlan plan, Map<Group.Key, Group> groups, List<Map<Integer, String>> values) {}

  Found run(int tenantId, Query query) {
    return database.snapshotAsTenant(tenantId, connection -> run(connection, tenantId, query));
  }

  /** Runs in the caller's transaction, which must be the tenant's and a snapshot. */
  Found run(Connection connection, int tenantId, Query query) throws SQLException {
    QueryPlan plan = QueryPlan.of(query);
    Groups groups = new Groups();
    if (plan.isFromEvents()) {
      readEvents(connection, tenantId, query, plan, groups);
    } else if (!query.tags().isEmpty()) {
      readTag(connection, tenantId, query, plan, groups);
    } else {
      readRollups(connection, tenantId, query, plan, groups);
    }
    return new Found(plan, groups.all(), names(connection, tenantId, query, groups.all()));
  }

  private void readRollups(
      Connection connection, int tenantId, Query query, QueryPlan plan, Groups groups)
      throws SQLException {
    List<Filter> filters = filters(connection, tenantId, query);
    if (filters.stream().noneMatch(filter -> filter.ids().isEmpty())) {
      new RollupReader(connection, tenantId, query, filters, null).read(plan, groups);
    }
  }

  /**
   * Reads values of one tag. An event without the tag is in no row of the cuboid of tags, so {@code
   * (none)} is the whole less all values.
   */
  private void readTag(
      Connection connection, int tenantId, Query query, QueryPlan plan, Groups groups)
      throws SQLException {
    QueryDimension tag = query.tags().iterator().next();
    boolean shown = query.dimensions().contains(tag);
    List<String> asked = query.filters().get(tag);
    boolean none = asked == null || asked.contains(DimensionValues.NONE);
    Query values = query.withDimensions(with(query.dimensions(), tag));
    if (none) {
      values = values.withoutFilter(tag);
    }
    Groups byValue = new Groups();
    Optional<Integer> key = tagKey(connection, tenantId, tag);
    List<Filter> filters = filters(connection, tenantId, values);
    if (key.isPresent() && filters.stream().noneMatch(filter -> filter.ids().isEmpty())) {
      new RollupReader(connection, tenantId, values, filters, key.get()).read(plan, byValue);
    }
    int position = values.dimensions().indexOf(tag);
    if (none) {
      Query whole = query.withDimensions(without(query.dimensions(), tag)).withoutFilter(tag);
      Groups rest = new Groups();
      // The same buckets, so that the difference is exact.
      readRollups(
          connection,
          tenantId,
          whole,
          new QueryPlan(QueryPlan.of(whole).cuboids(), plan.buckets()),
          rest);
      byValue.all().forEach((k, group) -> rest.of(k.without(position)).subtract(group));
      rest.all()
          .forEach(
              (k, group) -> {
                if (!group.sums().isZero()) {
                  byValue.of(k.with(position, DimensionValues.NONE_ID)).add(group);
                }
              });
    }
    List<Integer> kept =
        asked == null ? null : names.ids(connection, tenantId, Dimension.TAG_VALUE, asked);
    byValue
        .all()
        .forEach(
            (k, group) -> {
              if (kept == null || kept.contains(k.ids().get(position))) {
                groups.of(shown ? k : k.without(position)).add(group);
              }
            });
  }

  private void readEvents(
      Connection connection, int tenantId, Query query, QueryPlan plan, Groups groups)
      throws SQLException {
    long events = countEvents(connection, tenantId, query, plan.buckets());
    if (events > MAX_EVENTS) {
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
              + ".");
    }
    List<Filter> filters = filters(connection, tenantId, query);
    if (filters.stream().anyMatch(filter -> filter.ids().isEmpty())) {
      return;
    }
    Map<String, Integer> tagKeys = new HashMap<>();
    for (QueryDimension tag : query.tags()) {
      tagKey(connection, tenantId, tag).ifPresent(id -> tagKeys.put(tag.tagKey(), id));
    }
    new StoredEventReader(connection, tenantId, query, filters, tagKeys)
        .read(plan.buckets(), groups);
  }

  /** How many events a period has under those filters that the smallest cuboid knows. */
  private long countEvents(Connection connection, int tenantId, Query query, BucketPlan buckets)
      throws SQLException {
    Query count =
        new Query(
            Query.measures(
                KINDS.stream().map(m -> m.name().toLowerCase(java.util.Locale.ROOT)).toList()),
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
    Groups groups = new Groups();
    readRollups(
        connection,
        tenantId,
        count,
        new QueryPlan(
            List.of(Cuboid.PROJECT_TOTAL),
            BucketPlan.cover(buckets.start(), buckets.end(), Grain.MINUTE, Grain.DAY)),
        groups);
    return groups.all().values().stream()
        .mapToLong(group -> KINDS.stream().mapToLong(group.sums()::get).sum())
        .sum();
  }

  private List<Filter> filters(Connection connection, int tenantId, Query query)
      throws SQLException {
    List<Filter> filters = new ArrayList<>();
    for (Map.Entry<QueryDimension, List<String>> entry : query.filters().entrySet()) {
      QueryDimension dimension = entry.getKey();
      filters.add(
          new Filter(
              dimension, names.ids(connection, tenantId, dimension.dimension(), entry.getValue())));
    }
    return filters;
  }

  private Optional<Integer> tagKey(Connection connection, int tenantId, QueryDimension tag)
      throws SQLException {
    return names
        .ids(connection, tenantId, Dimension.TAG_KEY, List.of(String.valueOf(tag.tagKey())))
        .stream()
        .findFirst();
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

  private List<Map<Integer, String>> names(
      Connection connection, int tenantId, Query query, Map<Group.Key, Group> groups)
      throws SQLException {
    List<Map<Integer, String>> values = new ArrayList<>();
    for (int i = 0; i < query.dimensions().size(); i++) {
      int position = i;
      values.add(
          new HashMap<>(
              names.values(
                  connection,
                  tenantId,
                  query.dimensions().get(i).dimension(),
                  groups.keySet().stream()
                      .map(key -> key.ids().get(position))
                      .collect(Collectors.toSet()))));
    }
    return values;
  }
}
