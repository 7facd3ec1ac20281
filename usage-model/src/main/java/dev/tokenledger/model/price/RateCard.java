package dev.tokenledger.model.price;

import java.util.Arrays;

/**
 * The rates of one price for one service tier and one size of call, with every fallback already
 * taken, so that pricing a call only reads an array. Immutable.
 */
final class RateCard {
  /** No price for this kind, and nothing stands in for it. */
  static final long NONE = -1;

  private final long[] femtoUsd;
  private final boolean billsTokens;

  RateCard(long[] femtoUsdByKind) {
    this.femtoUsd = femtoUsdByKind.clone();
    boolean tokens = false;
    for (UnitKind kind : UnitKind.values()) {
      tokens |= kind.isToken() && femtoUsd[kind.ordinal()] >= 0;
    }
    this.billsTokens = tokens;
  }

  /** Femto-dollars for one unit, or {@link #NONE}. */
  long rate(UnitKind kind) {
    return femtoUsd[kind.ordinal()];
  }

  boolean has(UnitKind kind) {
    return femtoUsd[kind.ordinal()] >= 0;
  }

  /** False for a model that is billed by image, second, character or request alone. */
  boolean billsTokens() {
    return billsTokens;
  }

  @Override
  public String toString() {
    return Arrays.toString(femtoUsd);
  }
}
