package dev.tokenledger.platform.query;

import com.dynatrace.hash4j.hashing.Hashing;
import dev.tokenledger.model.rollup.DimensionValues;
import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.rollup.MeasureVector;
import dev.tokenledger.model.sketch.DistinctSketch;
import dev.tokenledger.model.sketch.QuantileSketch;
import dev.tokenledger.model.sketch.SketchSet;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What was read for one row of the answer. Mutable while it is being read. */
final class Group {
  private static final BigDecimal MICROS_PER_MILLI = new BigDecimal(1_000);

  /**
   * @param time start of the bucket, or null without granularity
   * @param ids one id for each dimension of the query; null in the row of what is left out
   */
  record Key(@Nullable Instant time, @Nullable List<Integer> ids) {
    /** The key in the first columns of a row: time, where the query has buckets, then ids. */
    static Key read(ResultSet row, Query query) throws SQLException {
      int at = 1;
      Instant time =
          query.granularity() == Granularity.NONE
              ? null
              : row.getObject(at++, OffsetDateTime.class).toInstant();
      List<Integer> ids = new ArrayList<>(query.dimensions().size());
      for (int i = 0; i < query.dimensions().size(); i++) {
        ids.add(row.getInt(at++));
      }
      return new Key(time, ids);
    }

    /** The key with one id less. */
    Key without(int position) {
      List<Integer> fewer = new ArrayList<>(ids);
      fewer.remove(position);
      return new Key(time, fewer);
    }

    /** The key with one id more. */
    Key with(int position, int id) {
      List<Integer> more = new ArrayList<>(ids);
      more.add(position, id);
      return new Key(time, more);
    }
  }

  private final MeasureVector sums = new MeasureVector();
  private final SketchSet sketches = new SketchSet();

  MeasureVector sums() {
    return sums;
  }

  SketchSet sketches() {
    return sketches;
  }

  void add(Group other) {
    sums.add(other.sums);
    sketches.add(other.sketches);
  }

  /** Takes out sums alone: nothing can be taken out of a distinct count. */
  void subtract(Group other) {
    sums.subtract(other.sums);
  }

  /**
   * Adds what percentiles and distinct counts need of one event.
   *
   * @param at the column of the count of latencies; after it come the sum, the same of the time to
   *     first token and of the duration, and the numbers of user and session
   */
  void addEvent(ResultSet event, int at) throws SQLException {
    addDuration(event, at, sketches.latency());
    addDuration(event, at + 2, sketches.timeToFirstToken());
    addDuration(event, at + 4, sketches.duration());
    addIdentity(event.getInt(at + 6), sketches.users());
    addIdentity(event.getInt(at + 7), sketches.sessions());
  }

  private static void addDuration(ResultSet event, int at, QuantileSketch sketch)
      throws SQLException {
    if (event.getLong(at) > 0) {
      sketch.add(event.getLong(at + 1), 1);
    }
  }

  private static void addIdentity(int id, DistinctSketch sketch) {
    if (id != DimensionValues.NONE_ID) {
      sketch.add(Hashing.xxh3_64().hashCharsToLong(Integer.toString(id)));
    }
  }

  /** The value of a measure as it stands in the answer; null where there is nothing to tell. */
  @Nullable Object value(QueryMeasure measure) {
    if (measure instanceof QueryMeasure.Sum sum) {
      long value = sums.get(sum.measure());
      return sum.measure().unit() == Measure.Unit.NANO_USD ? usd(value) : (Object) value;
    }
    if (measure instanceof QueryMeasure.Total total) {
      return total.sums().stream().mapToLong(sums::get).reduce(0, Math::addExact);
    }
    if (measure instanceof QueryMeasure.Mean mean) {
      long count = sums.get(mean.count());
      return count == 0
          ? null
          : BigDecimal.valueOf(sums.get(mean.sum()))
              .divide(
                  MICROS_PER_MILLI.multiply(BigDecimal.valueOf(count)), 3, RoundingMode.HALF_UP);
    }
    if (measure instanceof QueryMeasure.Share share) {
      return share(share);
    }
    if (measure instanceof QueryMeasure.CostPerThousandTokens) {
      long tokens = Math.addExact(sums.get(Measure.INPUT_TOKENS), sums.get(Measure.OUTPUT_TOKENS));
      return tokens == 0
          ? null
          : BigDecimal.valueOf(sums.get(Measure.COST), 6)
              .divide(BigDecimal.valueOf(tokens), 9, RoundingMode.HALF_UP)
              .toPlainString();
    }
    if (measure instanceof QueryMeasure.Percentile percentile) {
      return percentile(percentile);
    }
    if (measure instanceof QueryMeasure.Distinct distinct) {
      return (distinct.sessions() ? sketches.sessions() : sketches.users()).estimate();
    }
    throw new IllegalStateException("no value is defined for " + measure.name());
  }

  private @Nullable BigDecimal share(QueryMeasure.Share share) {
    long whole = share.whole().stream().mapToLong(sums::get).reduce(0, Math::addExact);
    if (whole == 0) {
      return null;
    }
    BigDecimal part =
        BigDecimal.valueOf(sums.get(share.part()))
            .divide(BigDecimal.valueOf(whole), 6, RoundingMode.HALF_UP);
    return (share.complement() ? BigDecimal.ONE.subtract(part) : part).setScale(6);
  }

  private @Nullable BigDecimal percentile(QueryMeasure.Percentile percentile) {
    QuantileSketch sketch =
        switch (percentile.duration()) {
          case LATENCY -> sketches.latency();
          case TIME_TO_FIRST_TOKEN -> sketches.timeToFirstToken();
          case DURATION -> sketches.duration();
        };
    return sketch.count() <= 0
        ? null
        : BigDecimal.valueOf(sketch.quantile(percentile.quantile()))
            .divide(MICROS_PER_MILLI, 3, RoundingMode.HALF_UP);
  }

  private static String usd(long nanos) {
    return BigDecimal.valueOf(nanos, 9).toPlainString();
  }
}
