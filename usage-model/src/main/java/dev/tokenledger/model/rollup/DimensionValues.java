package dev.tokenledger.model.rollup;

/** The two entries that every dictionary of dimension values has. */
public final class DimensionValues {
  /** The event has no value for the dimension. */
  public static final int NONE_ID = 0;

  public static final String NONE = "(none)";

  /** The value came after the dimension's bound was reached. */
  public static final int OTHER_ID = 1;

  public static final String OTHER = "(other)";

  /** The first id given to a value of its own. */
  public static final int FIRST_ID = 2;

  private DimensionValues() {}
}
