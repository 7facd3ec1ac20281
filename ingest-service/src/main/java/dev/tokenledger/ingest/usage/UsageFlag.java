package dev.tokenledger.ingest.usage;

import java.util.Locale;

/** What had to be decided, or could not be, while a report of usage was given its meaning. */
public enum UsageFlag {
  /** Input and output do not add up to the reporter's total under any reading. */
  TOTAL_DISAGREES,
  /** Input or output was not reported and is what the total leaves for it. */
  FROM_TOTAL,
  /** Cached tokens were not where this spelling usually has them. */
  CACHE_MOVED,
  /** Reasoning tokens were not where this spelling usually has them. */
  REASONING_MOVED,
  /** The total holds output that is named nowhere; it is taken as reasoning. */
  REASONING_FROM_TOTAL,
  /** The cost that the reporter named is no number, below zero or beyond any call's. */
  COST_LEFT_OUT;

  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
