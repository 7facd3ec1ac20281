package dev.tokenledger.reporting.query;

import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.rollup.MeasureVector;
import dev.tokenledger.model.sketch.QuantileSketch;
import dev.tokenledger.model.sketch.SketchSet;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What was read for one row of the answer. Mutable while it is being read. */
final class Group {
  private static final BigDecimal MICROS_PER_MILLI = new BigDecimal(1_000);

  /**
   * @param time start of the bucket, or null without granularity
   * @param ids one id for each dimension of the query; null in the row of what is left out
   */
  record Key(@Nullable Instant time, @Nullable List<Integer> ids) {}

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

  void subtract(Group other) {
    sums.subtract(other.sums);
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
