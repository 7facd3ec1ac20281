package dev.tokenledger.alerting.anomaly;

import dev.tokenledger.alerting.AlertingStart;
import dev.tokenledger.model.rollup.DimensionValues;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.rollup.MeasureVector;
import dev.tokenledger.platform.StreamConfig;
import dev.tokenledger.platform.database.Database;
import dev.tokenledger.platform.freshness.FreshnessReader;
import dev.tokenledger.platform.query.Granularity;
import dev.tokenledger.platform.query.Period;
import dev.tokenledger.platform.query.Query;
import dev.tokenledger.platform.query.QueryService;
import dev.tokenledger.platform.redis.BlockingRedis;
import jakarta.enterprise.context.ApplicationScoped;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Reads usage from the rollups. Blocks; thread-safe. */
@ApplicationScoped
class LedgerUsage implements UsageSource {
  /** All of them are kept by the hour. */
  private static final List<String> DIMENSIONS = List.of("model", "agent", "feature", "project");

  /** Values of one dimension that are watched. */
  static final int MOST_VALUES = 20;

  private static final Duration LOOKED_BACK = Duration.ofDays(7);

  /** Who spends less in a week than a dollar, and makes fewer calls than this, is not watched. */
  private static final long LEAST_NANOS = 1_000_000_000;

  private static final long LEAST_CALLS = 100;

  private final Database database;
  private final QueryService queries;
  private final FreshnessReader freshness;

  LedgerUsage(AlertingStart start, BlockingRedis redis, StreamConfig streams, Clock clock) {
    this.database = start.database();
    this.queries = start.queries();
    this.freshness =
        new FreshnessReader(start.database(), redis, streams, Duration.ofSeconds(30), clock);
  }

  @Override
  public List<Integer> tenants() {
    return database.asService(
        connection -> {
          try (PreparedStatement select =
                  connection.prepareStatement(
                      "SELECT tenant_id FROM admission.tenants ORDER BY tenant_id");
              ResultSet row = select.executeQuery()) {
            List<Integer> tenants = new ArrayList<>();
            while (row.next()) {
              tenants.add(row.getInt(1));
            }
            return tenants;
          }
        });
  }

  @Override
  public Optional<Instant> dataThrough(int tenantId) {
    return Optional.ofNullable(freshness.of(tenantId).dataThrough());
  }

  @Override
  public List<WatchedSeries> largest(int tenantId, Instant end) {
    Instant start = end.minus(LOOKED_BACK);
    List<WatchedSeries> largest = new ArrayList<>();
    cells(tenantId, List.of(), Map.of(), Granularity.NONE, start, end).stream()
        .filter(LedgerUsage::isEnough)
        .forEach(cell -> largest.add(WatchedSeries.TENANT));
    for (String dimension : DIMENSIONS) {
      cells(tenantId, List.of(dimension), Map.of(), Granularity.NONE, start, end).stream()
          .filter(LedgerUsage::isEnough)
          .filter(cell -> !cell.values().get(0).equals(DimensionValues.NONE))
          .filter(cell -> !cell.values().get(0).equals(DimensionValues.OTHER))
          .sorted(
              Comparator.comparingLong((QueryService.Cell cell) -> -cell.sums().get(Measure.COST))
                  .thenComparingLong(cell -> -cell.sums().get(Measure.MODEL_CALLS))
                  .thenComparing(cell -> cell.values().get(0)))
          .limit(MOST_VALUES)
          .forEach(cell -> largest.add(new WatchedSeries(dimension, cell.values().get(0))));
    }
    return largest;
  }

  private static boolean isEnough(QueryService.Cell cell) {
    return cell.sums().get(Measure.COST) >= LEAST_NANOS
        || cell.sums().get(Measure.MODEL_CALLS) >= LEAST_CALLS;
  }

  @Override
  public Map<WatchedSeries, SortedMap<Instant, Amounts>> hours(
      int tenantId, Collection<WatchedSeries> subjects, Instant start, Instant end) {
    Map<WatchedSeries, SortedMap<Instant, Amounts>> hours = new HashMap<>();
    subjects.forEach(subject -> hours.put(subject, new TreeMap<>()));
    String dimension = subjects.iterator().next().dimension();
    boolean all = dimension.isEmpty();
    List<String> dimensions = all ? List.of() : List.of(dimension);
    Map<String, List<String>> filters =
        all ? Map.of() : Map.of(dimension, subjects.stream().map(WatchedSeries::value).toList());
    for (QueryService.Cell cell :
        cells(tenantId, dimensions, filters, Granularity.HOUR, start, end)) {
      WatchedSeries subject =
          all ? WatchedSeries.TENANT : new WatchedSeries(dimension, cell.values().get(0));
      SortedMap<Instant, Amounts> known = hours.get(subject);
      if (known != null) {
        known.put(Objects.requireNonNull(cell.time()), amounts(cell.sums()));
      }
    }
    return hours;
  }

  private List<QueryService.Cell> cells(
      int tenantId,
      List<String> dimensions,
      Map<String, List<String>> filters,
      Granularity granularity,
      Instant start,
      Instant end) {
    return queries.cells(
        tenantId,
        new Query(
            Query.measures(WatchedMeasure.NAMES),
            Query.dimensions(dimensions),
            Query.filters(filters),
            granularity,
            new Period(start, end, ZoneOffset.UTC),
            null,
            false,
            Query.MAX_LIMIT,
            false));
  }

  private static Amounts amounts(MeasureVector sums) {
    return new Amounts(
        WatchedMeasure.COST.of(sums),
        WatchedMeasure.TOKENS.of(sums),
        WatchedMeasure.CALLS.of(sums),
        WatchedMeasure.ERRORS.of(sums));
  }
}
