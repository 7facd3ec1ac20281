package dev.tokenledger.aggregation.dictionary;

import dev.tokenledger.model.rollup.Cuboid;
import dev.tokenledger.model.rollup.Dimension;
import java.util.Arrays;

/**
 * A combination of dimension values in one cuboid.
 *
 * @param values one id for each dimension of the cuboid, in the order of {@link
 *     Cuboid#dimensions()}; owned by the key and not to be changed
 */
public record SeriesKey(int tenantId, Cuboid cuboid, int[] values) {
  /**
   * @param all one id for each {@link Dimension} by ordinal, of which those of the cuboid are taken
   */
  public static SeriesKey of(int tenantId, Cuboid cuboid, int[] all) {
    int[] values = new int[cuboid.dimensions().size()];
    int at = 0;
    for (Dimension dimension : cuboid.dimensions()) {
      values[at++] = all[dimension.ordinal()];
    }
    return new SeriesKey(tenantId, cuboid, values);
  }

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
