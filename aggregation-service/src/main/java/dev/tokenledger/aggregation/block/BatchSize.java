package dev.tokenledger.aggregation.block;

import dev.tokenledger.aggregation.event.LedgerEvent;
import dev.tokenledger.aggregation.rollup.RollupDelta;
import dev.tokenledger.model.rollup.Grain;
import java.util.HashSet;
import java.util.Set;

/**
 * How large a batch is in memory while it is settled: by its events, and by the rows of rollups
 * that they make. A thousand events of one minute and one agent make a handful of rows, a thousand
 * of a sparse history thousands: it is these that fill the memory.
 */
public final class BatchSize {
  /** Bytes of an event with its identifiers, its numbers and its measures. */
  private static final int EVENT = 1_100;

  /**
   * Bytes of a combination of dimension values in a minute: its sums and single values, and again
   * those of the largest cuboid in minutes, hours and days.
   */
  private static final int BASE_CELL = 3_600;

  /** Bytes of a combination with a user and session in an hour. */
  private static final int PERSONAL_CELL = 1_000;

  /** Bytes of a tag's value in an hour. */
  private static final int TAG_CELL = 800;

  /** Bytes of a name that has no number in memory yet. */
  private static final int NEW_NAME = 350;

  private static final int LINK = 500;

  private final Set<Long> cells = new HashSet<>();
  private int events;
  private long bytes;

  /**
   * @param newNames names that no event before it had and that have no number yet
   */
  public void add(LedgerEvent event, int newNames) {
    events++;
    bytes += EVENT + (long) newNames * NEW_NAME;
    bytes += event.detail() == null ? 0 : 2L * event.detail().length();
    if (cells.add(RollupDelta.baseHash(event))) {
      bytes += BASE_CELL;
    }
    if (cells.add(RollupDelta.personalHash(event))) {
      bytes += PERSONAL_CELL;
    }
    long hour = Grain.HOUR.floorSecond(event.epochSecond());
    for (int i = 0; i < event.tags().length; i += 2) {
      long tag =
          ((hour * 31 + event.tags()[i]) * 1_000_003 + event.tags()[i + 1]) * 1_000_003
              + event.tenantId()
              + 1;
      if (cells.add(tag)) {
        bytes += TAG_CELL;
      }
    }
  }

  public void addLinks(int links) {
    bytes += (long) links * LINK;
  }

  public int events() {
    return events;
  }

  /** About the most memory that settling takes. */
  public long bytes() {
    return bytes;
  }
}
