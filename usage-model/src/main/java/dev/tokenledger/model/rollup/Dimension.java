package dev.tokenledger.model.rollup;

import java.util.Locale;

/**
 * By what usage is broken down. {@link #code()} is stored with the dictionary's entries: constants
 * keep theirs for ever.
 *
 * <p>{@link #maxValues()} bounds the distinct values kept for each tenant; what comes after is
 * counted under {@link DimensionValues#OTHER} and reported.
 */
public enum Dimension {
  TYPE(1, 16),
  PROJECT(2, 1_000),
  ENVIRONMENT(3, 100),
  PROVIDER(4, 200),
  MODEL(5, 2_000),
  AGENT(6, 5_000),
  FEATURE(7, 5_000),
  STATUS(8, 16),
  ERROR_TYPE(9, 500),
  TOOL(10, 2_000),
  PROMPT(11, 5_000),
  PROMPT_VERSION(12, 1_000),
  USER(13, 200_000),
  SESSION(14, 1_000_000),
  TAG_KEY(15, 20),
  TAG_VALUE(16, 10_000),
  /** Kept with each event, in no cuboid. */
  OPERATION(17, 200),
  /** Kept with each event, in no cuboid. */
  SERVICE_TIER(18, 100),
  /** The price that made the cost; kept with each event, in no cuboid. */
  PRICE_VERSION(19, 100_000),
  /** The id of the API key by which an event came; never the key itself, nor a part of it. */
  API_KEY(20, 10_000);

  private static final int COUNT = values().length;

  private final int code;
  private final int maxValues;

  Dimension(int code, int maxValues) {
    this.code = code;
    this.maxValues = maxValues;
  }

  /** The number of dimensions: the length of an array that has one element for each by ordinal. */
  public static int count() {
    return COUNT;
  }

  public int code() {
    return code;
  }

  public int maxValues() {
    return maxValues;
  }

  /** The name in the query API, and of the column in the table of series. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
