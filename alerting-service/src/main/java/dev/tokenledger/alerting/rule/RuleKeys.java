package dev.tokenledger.alerting.rule;

import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** The keys of rules' conditions. */
final class RuleKeys {
  static final String SOURCE = "rule";

  /** Longer series are told apart by a digest. */
  private static final int MAX_SERIES = 400;

  private RuleKeys() {}

  static String of(UUID ruleId, String series) {
    String prefix = SOURCE + ':' + ruleId;
    if (series.isEmpty()) {
      return prefix;
    }
    return prefix
        + ':'
        + (series.length() <= MAX_SERIES
            ? series
            : series.substring(0, MAX_SERIES)
                + '#'
                + UUID.nameUUIDFromBytes(series.getBytes(StandardCharsets.UTF_8)));
  }
}
