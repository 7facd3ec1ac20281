package dev.tokenledger.aggregation.dictionary;

import dev.tokenledger.model.rollup.Cuboid;
import java.util.Arrays;

/**
 * A combination of dimension values in one cuboid. The array has one id for each {@link
 * dev.tokenledger.model.rollup.Dimension} by ordinal, 0 where the cuboid lacks the dimension; it is
 * owned by the key and must not be changed.
 */
public record SeriesKey(int tenantId, Cuboid cuboid, int[] values) {
  @Override
  public boolean equals(Object other) {
    return other instanceof SeriesKey that
        && tenantId == that.tenantId
        && cuboid == that.cuboid
        && Arrays.equals(values, that.values);
  }

  @Override
  public int hashCode() {
    return (Arrays.hashCode(values) * 31 + cuboid.ordinal()) * 31 + tenantId;
  }
}
