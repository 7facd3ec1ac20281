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
import java.util.Arrays;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What was read for one row of the answer. Mutable while it is being read. */
final class Group {
  private static final BigDecimal MICROS_PER_MILLI = new BigDecimal(1_000);

  /**
   * @param time start of the bucket, or null without granularity
   * @param ids one id for each dimension of the query; null in the row of what is left out. Never
   *     changed
   */
  record Key(@Nullable Instant time, int @Nullable [] ids) {
    /** The key in the first columns of a row: time, where the query has buckets, then ids. */
    static Key read(ResultSet row, Query query) throws SQLException {
      int at = 1;
      Instant time =
          query.granularity() == Granularity.NONE
              ? null
              : row.getObject(at++, OffsetDateTime.class).toInstant();
      int[] ids = new int[query.dimensions().size()];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = row.getInt(at++);
      }
      return new Key(time, ids);
    }

    int size() {
      return ids == null ? 0 : ids.length;
    }

    /** The id of a dimension; that of {@code (other)} in the row of what is left out. */
    int id(int position) {
      return ids == null ? DimensionValues.OTHER_ID : ids[position];
    }

    /** The same ids at another time. */
    Key at(@Nullable Instant other) {
      return new Key(other, ids);
    }

    /** The key with one id less. */
    Key without(int position) {
      int[] all = Objects.requireNonNull(ids);
      int[] fewer = new int[all.length - 1];
      System.arraycopy(all, 0, fewer, 0, position);
      System.arraycopy(all, position + 1, fewer, position, fewer.length - position);
      return new Key(time, fewer);
    }

    /** The key with one id more. */
    Key with(int position, int id) {
      int[] all = Objects.requireNonNull(ids);
      int[] more = new int[all.length + 1];
      System.arraycopy(all, 0, more, 0, position);
      more[position] = id;
      System.arraycopy(all, position, more, position + 1, all.length - position);
      return new Key(time, more);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Key key
          && Objects.equals(time, key.time)
          && Arrays.equals(ids, key.ids);
    }

    @Override
    public int hashCode() {
      return 31 * Objects.hashCode(time) + Arrays.hashCode(ids);
    }
  }

  private final AnswerMemory memory;
  private final MeasureVector sums;
  private @Nullable SketchSet sketches;
  private long events;
  private long counted;

  /**
   * @param memory that grows with what is added
   * @param room the number of sums that the group will have
   */
  Group(AnswerMemory memory, int room) {
    this.memory = memory;
    this.sums = new MeasureVector(room);
  }

  /** The sums; for reading. */
  MeasureVector sums() {
    return sums;
  }

  /** Adds to a sum. */
  void add(Measure measure, long amount) {
    sums.add(measure, amount);
    grown();
  }

  /** Calls, runs, steps and actions in the group. */
  long events() {
    return events;
  }

  void addEvents(long more) {
    events = Math.addExact(events, more);
  }

  private SketchSet sketches() {
    SketchSet set = sketches;
    if (set == null) {
      set = new SketchSet();
      sketches = set;
    }
    return set;
  }

  /** Adds a value of the column {@code sketches}. */
  void addSketches(byte[] bytes, Set<SketchSet.Part> parts) {
    sketches().addBytes(bytes, parts);
    grown();
  }

  /** Adds what one measure needs, and nothing else. */
  void add(Group other, QueryMeasure measure) {
    measure.sums().forEach(sum -> sums.add(sum, other.sums.get(sum)));
    if (measure.needsSketches() && other.sketches != null) {
      sketches().add(other.sketches);
    }
    grown();
  }

  void add(Group other) {
    sums.add(other.sums);
    events = Math.addExact(events, other.events);
    if (other.sketches != null) {
      sketches().add(other.sketches);
    }
    grown();
  }

  /** Takes out sums alone: nothing can be taken out of a distinct count. */
  void subtract(Group other) {
    sums.subtract(other.sums);
    events = Math.subtractExact(events, other.events);
    grown();
  }

  private void grown() {
    long bytes = sums.memoryBytes() + (sketches == null ? 0 : sketches.memoryBytes());
    if (bytes > counted) {
      memory.add(bytes - counted);
      counted = bytes;
    }
  }

  /**
   * Adds what percentiles and distinct counts need of one event.
   *
   * @param at the column of the count of latencies; after it come the sum, the same of the time to
   *     first token and of the duration, and the numbers of user and session
   */
  void addEvent(ResultSet event, int at) throws SQLException {
    SketchSet set = sketches();
    addDuration(event, at, set.latency());
    addDuration(event, at + 2, set.timeToFirstToken());
    addDuration(event, at + 4, set.duration());
    addIdentity(event.getInt(at + 6), set.users());
    addIdentity(event.getInt(at + 7), set.sessions());
    grown();
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
      return sketches == null
          ? 0L
          : (distinct.sessions() ? sketches.sessions() : sketches.users()).estimate();
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
    if (sketches == null) {
      return null;
    }
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

  /** The value that lines are ordered by, null where there is nothing to tell. */
  @Nullable BigDecimal order(QueryMeasure measure) {
    if (measure instanceof QueryMeasure.Sum sum) {
      return BigDecimal.valueOf(sums.get(sum.measure()));
    }
    Object value = value(measure);
    return value == null ? null : new BigDecimal(value.toString());
  }

  private static String usd(long nanos) {
    return BigDecimal.valueOf(nanos, 9).toPlainString();
  }
}
