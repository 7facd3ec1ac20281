package dev.tokenledger.aggregation.dictionary;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.tokenledger.model.rollup.Dimension;
import dev.tokenledger.model.rollup.DimensionValues;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of dimension values that are in memory: of the tenants that were busy last, and
 * bounded in all, whatever names are sent. Thread-safe.
 */
final class RememberedNumbers {
  /** Most names of all tenants together, about 150 bytes each. */
  static final int MAX_NAMES = 250_000;

  /**
   * Most names of one tenant in one of the dimensions that may have very many. The rest is looked
   * up when it comes again: users and sessions of months need not stay.
   */
  private static final int MAX_MANY = 50_000;

  /** Bound of a dimension up to which all of its values are in memory. */
  private static final int FEW = 10_000;

  /**
   * Most names of one tenant that came after a dimension was full. There is no end of them, so only
   * those that came last are known without a look-up.
   */
  static final int MAX_OVERFLOWED = 20_000;

  /** What the maps of a tenant take before there is a name in them, in names. */
  private static final int EMPTY_TENANT = 50;

  private final Cache<Integer, OfTenant> tenants =
      Caffeine.newBuilder()
          .maximumWeight(MAX_NAMES)
          .weigher((Integer tenantId, OfTenant numbers) -> EMPTY_TENANT + numbers.names())
          .executor(Runnable::run)
          .build();

  OfTenant of(int tenantId) {
    return tenants.get(tenantId, t -> new OfTenant());
  }

  /** Remembers numbers, and forgets those of other tenants for them if it must. */
  void remember(int tenantId, Map<Dimension, Map<String, Integer>> numbers) {
    OfTenant known = of(tenantId);
    numbers.forEach(known::remember);
    // A tenant is weighed when it is put, and has grown.
    tenants.put(tenantId, known);
  }

  /** Names in memory, of all tenants. */
  int names() {
    return tenants.asMap().values().stream().mapToInt(OfTenant::names).sum();
  }

  /** The numbers of one tenant. */
  static final class OfTenant {
    private final Map<Dimension, Map<String, Integer>> byDimension = new EnumMap<>(Dimension.class);

    /** Null until a dimension is full. */
    private volatile @Nullable Cache<Overflowed, Integer> overflowed;

    private record Overflowed(Dimension dimension, String value) {}

    private OfTenant() {
      for (Dimension dimension : Dimension.values()) {
        byDimension.put(
            dimension,
            hasFew(dimension)
                ? new ConcurrentHashMap<>()
                : RememberedNumbers.<String>map(MAX_MANY).asMap());
      }
    }

    private static boolean hasFew(Dimension dimension) {
      return dimension.maxValues() <= FEW;
    }

    /** The number of a value, or null if it is not in memory. */
    @Nullable Integer find(Dimension dimension, String value) {
      @Nullable Integer id = byDimension.get(dimension).get(value);
      @Nullable Cache<Overflowed, Integer> beyond = overflowed;
      return id == null && beyond != null
          ? beyond.getIfPresent(new Overflowed(dimension, value))
          : id;
    }

    private void remember(Dimension dimension, Map<String, Integer> numbers) {
      Map<String, Integer> known = byDimension.get(dimension);
      numbers.forEach(
          (value, id) -> {
            if (id == DimensionValues.OTHER_ID && hasFew(dimension)) {
              beyond().put(new Overflowed(dimension, value), id);
            } else {
              known.put(value, id);
            }
          });
    }

    private synchronized Cache<Overflowed, Integer> beyond() {
      @Nullable Cache<Overflowed, Integer> beyond = overflowed;
      if (beyond == null) {
        beyond = map(MAX_OVERFLOWED);
        overflowed = beyond;
      }
      return beyond;
    }

    private int names() {
      int names = byDimension.values().stream().mapToInt(Map::size).sum();
      @Nullable Cache<Overflowed, Integer> beyond = overflowed;
      return beyond == null ? names : names + beyond.asMap().size();
    }
  }

  private static <K> Cache<K, Integer> map(int mostEntries) {
    return Caffeine.newBuilder().maximumSize(mostEntries).executor(Runnable::run).build();
  }
}
