package dev.tokenledger.aggregation.rollup;

import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.model.rollup.MeasureVector;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Sums by tenant, time bucket and some dimensions, for one batch. A coarser collection is made from
 * a finer one by {@link #project}, so that each event is added in few places. Not thread-safe.
 */
final class Cells {
  /**
   * @param bucket start of the bucket in seconds since the epoch
   * @param values one id for each dimension by ordinal, 0 where the collection lacks it
   */
  record Key(int tenantId, long bucket, int[] values) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Key that
          && tenantId == that.tenantId
          && bucket == that.bucket
          && Arrays.equals(values, that.values);
    }

    @Override
    public int hashCode() {
      return (Arrays.hashCode(values) * 31 + Long.hashCode(bucket)) * 31 + tenantId;
    }
  }

  private final Map<Key, Cell> cells = new HashMap<>();
  private final boolean sketched;

  /**
   * @param sketched whether the single values for percentiles and distinct counts are kept
   */
  Cells(boolean sketched) {
    this.sketched = sketched;
  }

  /** The cell of a key, made when it is not there. */
  Cell cell(Key key) {
    Cell cell = cells.get(key);
    if (cell == null) {
      cell = new Cell(sketched);
      cells.put(key, cell);
    }
    return cell;
  }

  Map<Key, Cell> all() {
    return cells;
  }

  /** The same sums by fewer dimensions and a coarser, or the same, grain. */
  Cells project(Set<Dimension> dimensions, Grain grain, boolean keepSketches) {
    Cells result = new Cells(keepSketches);
    int[] kept = dimensions.stream().mapToInt(Dimension::ordinal).toArray();
    cells.forEach(
        (key, cell) -> {
          int[] values = new int[key.values.length];
          for (int i : kept) {
            values[i] = key.values[i];
          }
          result.cell(new Key(key.tenantId, grain.floorSecond(key.bucket), values)).add(cell);
        });
    return result;
  }

  /** The same dimensions at a coarser grain, sums alone. */
  Cells coarser(Grain grain) {
    Cells result = new Cells(false);
    cells.forEach(
        (key, cell) ->
            result
                .cell(new Key(key.tenantId, grain.floorSecond(key.bucket), key.values))
                .add(cell));
    return result;
  }

  /** Sums, and the single values behind the sketches. */
  static final class Cell {
    private final MeasureVector sums = new MeasureVector();
    private final SingleValues values;

    private Cell(boolean sketched) {
      this.values = sketched ? new SingleValues() : SingleValues.IGNORED;
    }

    MeasureVector sums() {
      return sums;
    }

    SingleValues values() {
      return values;
    }

    private void add(Cell other) {
      sums.add(other.sums);
      values.add(other.values);
    }
  }
}
