package dev.tokenledger.alerting.rule;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Rules to test with. */
final class Rules {
  private Rules() {}

  /** A body in which nothing is said. */
  static RuleBody body() {
    return body(null, null, null, null, null, null, null, null, null, null, null, null, null);
  }

  static RuleBody body(
      @Nullable String measure,
      @Nullable Map<String, List<String>> filters,
      @Nullable String per,
      @Nullable String window,
      @Nullable String operator,
      @Nullable String threshold,
      @Nullable String changePercent,
      @Nullable String deviations,
      @Nullable Integer windows,
      @Nullable String against,
      @Nullable String holdFor,
      @Nullable String noData,
      @Nullable Long minimum) {
    return new RuleBody(
        null,
        measure,
        filters,
        per,
        window,
        operator,
        threshold,
        changePercent,
        deviations,
        windows,
        against,
        holdFor,
        noData,
        minimum,
        null,
        null,
        null,
        null,
        null);
  }

  static RuleBody threshold(String measure, String operator, String threshold) {
    return body(
        measure, null, null, null, operator, threshold, null, null, null, null, null, null, null);
  }

  static RuleBody noData(String noData) {
    return body(null, null, null, null, null, null, null, null, null, null, null, noData, null);
  }

  static RuleBody minimum(long minimum) {
    return body(null, null, null, null, null, null, null, null, null, null, null, null, minimum);
  }

  /** A rule with all of some bodies, the last first. */
  static Rule of(RuleBody... bodies) {
    Rule rule = RuleStore.blank(new UUID(0, 1), 1, Instant.EPOCH);
    for (RuleBody body : bodies) {
      rule = RuleParser.changed(rule, body);
    }
    return rule;
  }
}
