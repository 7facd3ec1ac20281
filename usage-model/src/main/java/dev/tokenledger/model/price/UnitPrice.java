package dev.tokenledger.model.price;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Comparator;
import java.util.Objects;

/**
 * The price of one unit.
 *
 * @param aboveInputTokens the price holds for calls with more input tokens than this, all of the
 *     call included; 0 for the price of any size
 * @param femtoUsd femto-dollars (10⁻¹⁵ USD) for one token, character, second or piece. Fifteen
 *     places hold every published price; what lies beyond them in price lists is the residue of
 *     binary fractions
 */
public record UnitPrice(UnitKind kind, ServiceTier tier, long aboveInputTokens, long femtoUsd)
    implements Comparable<UnitPrice> {
  static final int SCALE = 15;
  private static final BigDecimal MAX_FEMTO = BigDecimal.valueOf(Long.MAX_VALUE);

  private static final Comparator<UnitPrice> ORDER =
      Comparator.comparing(UnitPrice::kind)
          .thenComparing(UnitPrice::tier)
          .thenComparingLong(UnitPrice::aboveInputTokens)
          .thenComparingLong(UnitPrice::femtoUsd);

  public UnitPrice {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(tier, "tier");
    if (aboveInputTokens < 0) {
      throw new IllegalArgumentException(
          "tokens of a context tier are negative: " + aboveInputTokens);
    }
    if (femtoUsd < 0) {
      throw new IllegalArgumentException("price is negative: " + femtoUsd + " fUSD");
    }
  }

  /** A price that holds for any size and the standard tier. */
  public static UnitPrice of(UnitKind kind, BigDecimal usdPerUnit) {
    return of(kind, ServiceTier.STANDARD, 0, usdPerUnit);
  }

  /**
   * A price in dollars for one unit; digits beyond the fifteenth place are rounded half up.
   *
   * @throws IllegalArgumentException if the price is negative or above what fits (9,223 USD)
   */
  public static UnitPrice of(
      UnitKind kind, ServiceTier tier, long aboveInputTokens, BigDecimal usdPerUnit) {
    if (usdPerUnit.signum() < 0) {
      throw new IllegalArgumentException("price is negative: " + usdPerUnit);
    }
    // Bounds first: an exponent in the millions would make BigDecimal write out all its digits.
    if (usdPerUnit.precision() - (long) usdPerUnit.scale() > 4 || usdPerUnit.scale() > 1000) {
      throw new IllegalArgumentException("price does not fit: " + usdPerUnit);
    }
    BigDecimal femto = usdPerUnit.movePointRight(SCALE).setScale(0, RoundingMode.HALF_UP);
    if (femto.compareTo(MAX_FEMTO) > 0) {
      throw new IllegalArgumentException("price does not fit: " + usdPerUnit);
    }
    return new UnitPrice(kind, tier, aboveInputTokens, femto.longValueExact());
  }

  /** As {@link #of}, from a price as it is written: per million for tokens and characters. */
  public static UnitPrice ofWritten(
      UnitKind kind, ServiceTier tier, long aboveInputTokens, BigDecimal written) {
    // Not movePointLeft: it writes out all digits of a large exponent before the bounds are
    // checked.
    return of(kind, tier, aboveInputTokens, written.scaleByPowerOfTen(-kind.unit().writtenPower()));
  }

  /** Dollars for one unit. */
  public BigDecimal usdPerUnit() {
    return plain(BigDecimal.valueOf(femtoUsd, SCALE));
  }

  /** Dollars as they are written: per million for tokens and characters, else for one unit. */
  public BigDecimal written() {
    return plain(BigDecimal.valueOf(femtoUsd, SCALE - kind.unit().writtenPower()));
  }

  private static BigDecimal plain(BigDecimal value) {
    BigDecimal stripped = value.stripTrailingZeros();
    return stripped.scale() < 0 ? stripped.setScale(0) : stripped;
  }

  @Override
  public int compareTo(UnitPrice other) {
    return ORDER.compare(this, other);
  }
}
