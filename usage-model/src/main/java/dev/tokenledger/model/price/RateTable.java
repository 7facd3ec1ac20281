package dev.tokenledger.model.price;

import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The unit prices of one price, laid out as a {@link RateCard} for each service tier and size.
 *
 * <p>For a kind of token, a tier and a size, the first of these is taken:
 *
 * <ol>
 *   <li>the price stated for this tier and size;
 *   <li>where the kind costs what its parent costs (standard tier, any size), the parent's price:
 *       it has no price of its own, whatever the list spells out;
 *   <li>the standard tier's price for this size: a size surcharge is not lost to a discount that
 *       was published for smaller calls only;
 *   <li>the same two of the next smaller size, down to the price of any size;
 *   <li>the parent's price.
 * </ol>
 */
final class RateTable {
  private final long[] thresholds;
  private final RateCard[][] cards;

  RateTable(List<UnitPrice> prices) {
    TreeSet<Long> sizes = new TreeSet<>();
    for (UnitPrice price : prices) {
      if (price.aboveInputTokens() > 0) {
        sizes.add(price.aboveInputTokens());
      }
    }
    this.thresholds = sizes.stream().mapToLong(Long::longValue).toArray();
    long[][][] stated = stated(prices);
    ServiceTier[] tiers = ServiceTier.values();
    this.cards = new RateCard[tiers.length][];
    for (ServiceTier tier : tiers) {
      boolean own = prices.stream().anyMatch(price -> price.tier() == tier);
      cards[tier.ordinal()] =
          own || tier == ServiceTier.STANDARD ? resolve(stated, tier) : cards[standIn(tier)];
    }
  }

  private static int standIn(ServiceTier tier) {
    return (tier == ServiceTier.FAST ? ServiceTier.PRIORITY : ServiceTier.STANDARD).ordinal();
  }

  RateCard card(ServiceTier tier, long inputTokens) {
    RateCard[] bySize = cards[tier.ordinal()];
    int size = thresholds.length;
    while (size > 0 && inputTokens <= thresholds[size - 1]) {
      size--;
    }
    return bySize[size];
  }

  /** Indexed by tier, size (0 is any size), kind. */
  private long[][][] stated(List<UnitPrice> prices) {
    long[][][] stated =
        new long[ServiceTier.values().length][thresholds.length + 1][UnitKind.COUNT];
    for (long[][] tier : stated) {
      for (long[] size : tier) {
        Arrays.fill(size, RateCard.NONE);
      }
    }
    for (UnitPrice price : prices) {
      int size =
          price.aboveInputTokens() == 0
              ? 0
              : Arrays.binarySearch(thresholds, price.aboveInputTokens()) + 1;
      stated[price.tier().ordinal()][size][price.kind().ordinal()] = price.femtoUsd();
    }
    return stated;
  }

  private RateCard[] resolve(long[][][] stated, ServiceTier tier) {
    long[][] own = stated[tier.ordinal()];
    long[][] standard = stated[ServiceTier.STANDARD.ordinal()];
    RateCard[] resolved = new RateCard[thresholds.length + 1];
    for (int size = 0; size < resolved.length; size++) {
      long[] rates = new long[UnitKind.COUNT];
      for (UnitKind kind : UnitKind.values()) {
        int k = kind.ordinal();
        @Nullable UnitKind parent = kind.parent();
        long rate = own[size][k];
        if (rate < 0 && parent != null && standard[0][k] == standard[0][parent.ordinal()]) {
          rate = rates[parent.ordinal()];
        }
        for (int s = size; rate < 0 && s >= 0; s--) {
          rate = own[s][k] >= 0 ? own[s][k] : standard[s][k];
        }
        if (rate < 0 && parent != null) {
          rate = rates[parent.ordinal()];
        }
        rates[k] = rate;
      }
      resolved[size] = new RateCard(rates);
    }
    return resolved;
  }
}
