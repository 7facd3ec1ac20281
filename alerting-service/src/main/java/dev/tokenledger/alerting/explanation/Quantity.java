package dev.tokenledger.alerting.explanation;

import dev.tokenledger.model.rollup.Measure;
import dev.tokenledger.model.rollup.MeasureVector;
import dev.tokenledger.platform.query.QueryMeasure;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A measure as it is explained: the sums that it is made of, and how it is shown.
 *
 * @param measure the name in the query API
 * @param parts the sums that are added up, or that are above the line
 * @param wholes the sums below the line of a rate or mean; empty for a sum
 * @param complement whether the value is what is missing to 1
 * @param asMean whether the measure is a percentile, of which only the mean can be taken apart
 */
record Quantity(
    String measure,
    Set<Measure> parts,
    Set<Measure> wholes,
    Unit unit,
    boolean complement,
    boolean asMean) {

  /** How values are shown. */
  enum Unit {
    MONEY,
    MONEY_PER_1K,
    TOKENS,
    COUNT,
    DURATION,
    SHARE
  }

  /** Empty for numbers of distinct people and sessions: they are no sums. */
  static Optional<Quantity> of(QueryMeasure measure) {
    String name = measure.name();
    if (measure instanceof QueryMeasure.Sum sum) {
      return Optional.of(sum(name, EnumSet.of(sum.measure())));
    }
    if (measure instanceof QueryMeasure.Total total) {
      return Optional.of(sum(name, total.sums()));
    }
    if (measure instanceof QueryMeasure.Mean mean) {
      return Optional.of(mean(name, mean.sum(), mean.count(), false));
    }
    if (measure instanceof QueryMeasure.Share share) {
      return Optional.of(
          new Quantity(
              name,
              EnumSet.of(share.part()),
              share.whole(),
              Unit.SHARE,
              share.complement(),
              false));
    }
    if (measure instanceof QueryMeasure.CostPerThousandTokens) {
      return Optional.of(
          new Quantity(
              name,
              EnumSet.of(Measure.COST),
              EnumSet.of(Measure.INPUT_TOKENS, Measure.OUTPUT_TOKENS),
              Unit.MONEY_PER_1K,
              false,
              false));
    }
    if (measure instanceof QueryMeasure.Percentile percentile) {
      return Optional.of(
          switch (percentile.duration()) {
            case LATENCY -> mean(name, Measure.LATENCY_SUM, Measure.LATENCY_COUNT, true);
            case TIME_TO_FIRST_TOKEN ->
                mean(
                    name, Measure.TIME_TO_FIRST_TOKEN_SUM, Measure.TIME_TO_FIRST_TOKEN_COUNT, true);
            case DURATION -> mean(name, Measure.DURATION_SUM, Measure.DURATION_COUNT, true);
          });
    }
    return Optional.empty();
  }

  private static Quantity sum(String name, Set<Measure> parts) {
    Unit unit =
        switch (parts.iterator().next().unit()) {
          case NANO_USD -> Unit.MONEY;
          case TOKENS -> Unit.TOKENS;
          case MICROSECONDS -> Unit.DURATION;
          case COUNT -> Unit.COUNT;
        };
    return new Quantity(name, parts, EnumSet.noneOf(Measure.class), unit, false, false);
  }

  private static Quantity mean(String name, Measure sum, Measure count, boolean asMean) {
    return new Quantity(name, EnumSet.of(sum), EnumSet.of(count), Unit.DURATION, false, asMean);
  }

  boolean isRatio() {
    return !wholes.isEmpty();
  }

  Figure figure(MeasureVector sums) {
    return new Figure(total(parts, sums), total(wholes, sums));
  }

  private static long total(Set<Measure> measures, MeasureVector sums) {
    return measures.stream().mapToLong(sums::get).reduce(0, Math::addExact);
  }

  /** The value in the unit of the query API: dollars, tokens, milliseconds, or a share of 1. */
  @Nullable BigDecimal value(Figure figure) {
    if (!isRatio()) {
      return unit == Unit.MONEY
          ? BigDecimal.valueOf(figure.part(), 9)
          : BigDecimal.valueOf(figure.part());
    }
    if (figure.whole() == 0) {
      return null;
    }
    BigDecimal quotient =
        BigDecimal.valueOf(figure.part())
            .divide(BigDecimal.valueOf(figure.whole()), MathContext.DECIMAL64);
    return switch (unit) {
      case DURATION -> quotient.movePointLeft(3).setScale(3, RoundingMode.HALF_UP);
      case MONEY_PER_1K -> quotient.movePointLeft(6).setScale(9, RoundingMode.HALF_UP);
      default ->
          (complement ? BigDecimal.ONE.subtract(quotient) : quotient)
              .setScale(6, RoundingMode.HALF_UP);
    };
  }

  /** The measure's name for people, at the beginning of a sentence. */
  String noun() {
    return switch (measure) {
      case "cost_usd" -> "Spend";
      case "total_tokens" -> "Token usage";
      case "errors" -> "The number of errors";
      case "cost_per_1k_tokens_usd" -> "The cost of a thousand tokens";
      default -> {
        String name = asMean ? measure.substring(0, measure.indexOf('.')) + ".avg" : measure;
        String words =
            name.replace("_usd", "")
                .replace("_ms.avg", "_on_average")
                .replace('_', ' ')
                .replace("time to first token", "the time to the first token");
        boolean counts = unit == Unit.COUNT || unit == Unit.TOKENS;
        String text = counts ? "the number of " + words : words;
        yield text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
      }
    };
  }
}
