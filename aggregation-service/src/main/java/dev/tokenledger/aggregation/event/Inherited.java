package dev.tokenledger.aggregation.event;

import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.DimensionValues;
import java.util.Arrays;
import java.util.List;

/**
 * What an event has from the spans above it in its trace, where it says nothing itself.
 *
 * @param ids one dimension id for each of {@link #DIMENSIONS}, 0 for none
 * @param userHash hash of the user for distinct counts, 0 for none
 * @param sessionHash hash of the session for distinct counts, 0 for none
 */
public record Inherited(int[] ids, long userHash, long sessionHash) {
  /** What can be inherited; the bits of {@link LedgerEvent#inherited} are in this order. */
  public static final List<Dimension> DIMENSIONS =
      List.of(
          Dimension.AGENT,
          Dimension.FEATURE,
          Dimension.USER,
          Dimension.SESSION,
          Dimension.PROVIDER,
          Dimension.MODEL);

  public static final int COUNT = DIMENSIONS.size();
  private static final int USER = DIMENSIONS.indexOf(Dimension.USER);
  private static final int SESSION = DIMENSIONS.indexOf(Dimension.SESSION);
  private static final int PROVIDER = DIMENSIONS.indexOf(Dimension.PROVIDER);
  private static final int MODEL = DIMENSIONS.indexOf(Dimension.MODEL);

  /** Of an event with nothing above it. */
  public static final Inherited NOTHING = new Inherited(new int[COUNT], 0, 0);

  /** What a stored event has inherited so far. */
  static Inherited of(LedgerEvent event) {
    int[] ids = new int[COUNT];
    for (int i = 0; i < COUNT; i++) {
      if (isInherited(event, i)) {
        ids[i] = event.dimension(DIMENSIONS.get(i));
      }
    }
    return new Inherited(
        ids,
        isInherited(event, USER) ? event.userHash() : 0,
        isInherited(event, SESSION) ? event.sessionHash() : 0);
  }

  private static boolean isInherited(LedgerEvent event, int position) {
    return (event.inherited() & 1 << position) != 0;
  }

  /** The event as it says itself. */
  static LedgerEvent strip(LedgerEvent event) {
    return event.inherited() == 0 ? event : NOTHING.applyTo(event);
  }

  /** The event with this in place of what it had inherited before. What it says itself stays. */
  public LedgerEvent applyTo(LedgerEvent event) {
    int[] dimensions = event.dimensions().clone();
    int inherited = 0;
    long newUserHash = event.userHash();
    long newSessionHash = event.sessionHash();
    for (int i = 0; i < COUNT; i++) {
      int ordinal = DIMENSIONS.get(i).ordinal();
      if (isInherited(event, i)) {
        dimensions[ordinal] = DimensionValues.NONE_ID;
        newUserHash = i == USER ? 0 : newUserHash;
        newSessionHash = i == SESSION ? 0 : newSessionHash;
      }
    }
    // A provider alone is none: a model is one of a provider's.
    boolean model = event.isCall() && dimensions[Dimension.MODEL.ordinal()] == 0 && ids[MODEL] != 0;
    for (int i = 0; i < COUNT; i++) {
      int ordinal = DIMENSIONS.get(i).ordinal();
      boolean ofModel = i == PROVIDER || i == MODEL;
      if ((!ofModel || model) && dimensions[ordinal] == DimensionValues.NONE_ID && ids[i] != 0) {
        dimensions[ordinal] = ids[i];
        inherited |= 1 << i;
        newUserHash = i == USER ? userHash : newUserHash;
        newSessionHash = i == SESSION ? sessionHash : newSessionHash;
      }
    }
    if (inherited == event.inherited() && Arrays.equals(dimensions, event.dimensions())) {
      return event;
    }
    return event.withInherited(dimensions, inherited, newUserHash, newSessionHash);
  }
}
