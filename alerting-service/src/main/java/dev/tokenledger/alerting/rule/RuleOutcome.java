package dev.tokenledger.alerting.rule;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a rule says of one series in one window. Pure.
 *
 * @param value null where there is none
 * @param limit with which the value was compared; null where it was not
 */
record RuleOutcome(
    Kind kind, @Nullable BigDecimal value, long volume, Comparison.@Nullable Limit limit) {

  /** The cases. */
  enum Kind {
    HOLDS,
    DOES_NOT_HOLD,
    /** Nothing happened, and that is what the rule is to tell. */
    NO_DATA_HOLDS,
    /** Nothing happened, and all is to stay as it was. */
    KEEPS,
    /** Nothing happened, or nothing of which the measure can be computed. */
    NO_DATA,
    /** Less happened than the rule's minimum. */
    TOO_FEW,
    /** There are too few earlier windows to compare with. */
    NO_BASELINE;

    boolean isHolding() {
      return this == HOLDS || this == NO_DATA_HOLDS;
    }

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Compares a window with its limit.
   *
   * @param isSum whether the measure of nothing is zero
   * @param earlier those of the earlier windows that lie within the ledger's history, the latest
   *     first
   */
  static RuleOutcome of(Rule rule, boolean isSum, Sample now, List<Sample> earlier) {
    if (now.isEmpty()) {
      switch (rule.noData()) {
        case ALERT -> {
          return without(Kind.NO_DATA_HOLDS, now);
        }
        case KEEP -> {
          return without(Kind.KEEPS, now);
        }
        case OK -> {
          return without(Kind.NO_DATA, now);
        }
        case ZERO -> {
          if (!isSum) {
            return without(Kind.NO_DATA, now);
          }
        }
      }
    }
    BigDecimal value = value(now, isSum);
    if (value == null) {
      return without(Kind.NO_DATA, now);
    }
    // A fall leaves little behind: of it the earlier windows tell whether it matters.
    long volume = Math.max(now.volume(), mean(earlier));
    if (volume < rule.minimum()) {
      return new RuleOutcome(Kind.TOO_FEW, value, now.volume(), null);
    }
    List<BigDecimal> values = new ArrayList<>();
    for (Sample sample : earlier) {
      BigDecimal known = value(sample, isSum);
      if (known != null) {
        values.add(known);
      }
    }
    Optional<Comparison.Limit> limit = rule.comparison().limit(rule.operator(), values);
    if (limit.isEmpty()) {
      return new RuleOutcome(Kind.NO_BASELINE, value, now.volume(), null);
    }
    boolean holds = rule.operator().holds(value, limit.get().value());
    return new RuleOutcome(
        holds ? Kind.HOLDS : Kind.DOES_NOT_HOLD, value, now.volume(), limit.get());
  }

  private static @Nullable BigDecimal value(Sample sample, boolean isSum) {
    return sample.value() == null && isSum ? BigDecimal.ZERO : sample.value();
  }

  private static long mean(List<Sample> samples) {
    return samples.isEmpty()
        ? 0
        : samples.stream().mapToLong(Sample::volume).sum() / samples.size();
  }

  private static RuleOutcome without(Kind kind, Sample now) {
    return new RuleOutcome(kind, null, now.volume(), null);
  }
}
