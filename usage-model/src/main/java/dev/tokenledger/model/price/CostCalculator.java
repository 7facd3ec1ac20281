package dev.tokenledger.model.price;

import dev.tokenledger.model.event.BillableUnits;
import dev.tokenledger.model.event.CostBreakdown;
import dev.tokenledger.model.event.Pricing;
import dev.tokenledger.model.event.Pricing.Priced;
import dev.tokenledger.model.event.Pricing.Unpriced;
import dev.tokenledger.model.event.Pricing.UnpricedReason;
import dev.tokenledger.model.event.TokenUsage;
import java.math.BigInteger;

/**
 * Usage times rates. Every component is computed exactly, and rounded half up to the nano-dollar
 * once; the total is the sum of the rounded components.
 *
 * <p>Parts are billed as far as the totals allow, in the order cached, written to a cache, audio,
 * image: as many tokens are billed as were sent, however the parts contradict each other.
 *
 * <p>Tokens carry what was sent and generated. Seconds and characters are another measure of the
 * same thing, and are billed only when no priced tokens of that direction were reported; pieces of
 * image unless image tokens were. What was used and has neither makes the price incomplete.
 */
final class CostCalculator {
  private static final long FEMTO_PER_NANO = 1_000_000;

  /** Seconds are reported in milliseconds, so the request component is kept in atto-dollars. */
  private static final long ATTO_PER_NANO = 1_000_000_000;

  private static final BigInteger LONG_MAX = BigInteger.valueOf(Long.MAX_VALUE);
  private static final Pricing INCOMPLETE = new Unpriced(UnpricedReason.INCOMPLETE_PRICE);
  private static final Pricing NO_USAGE = new Unpriced(UnpricedReason.NO_USAGE);
  private static final Pricing OUT_OF_RANGE = new Unpriced(UnpricedReason.OUT_OF_RANGE);

  private CostCalculator() {}

  static Pricing price(Price price, RateCard rates, TokenUsage usage, BillableUnits units) {
    long input = usage.input();
    long cached = Math.min(usage.cachedInput(), input);
    long written = Math.min(usage.cacheWrite(), input - cached);
    long written1h = Math.min(usage.cacheWrite1h(), written);
    long audioIn = Math.min(usage.audioInput(), input - cached - written);
    long imageIn = Math.min(usage.imageInput(), input - cached - written - audioIn);
    long textIn = input - cached - written - audioIn - imageIn;

    long output = usage.output();
    long reasoning = Math.min(usage.reasoning(), output);
    long audioOut = Math.min(usage.audioOutput(), output - reasoning);
    long imageOut = Math.min(usage.imageOutput(), output - reasoning - audioOut);
    long textOut = output - reasoning - audioOut - imageOut;

    boolean inputRated =
        rated(rates, UnitKind.INPUT, textIn)
            && rated(rates, UnitKind.CACHED_INPUT, cached)
            && rated(rates, UnitKind.CACHE_WRITE, written - written1h)
            && rated(rates, UnitKind.CACHE_WRITE_1H, written1h)
            && rated(rates, UnitKind.AUDIO_INPUT, audioIn)
            && rated(rates, UnitKind.IMAGE_INPUT, imageIn);
    boolean outputRated =
        rated(rates, UnitKind.OUTPUT, textOut)
            && rated(rates, UnitKind.REASONING, reasoning)
            && rated(rates, UnitKind.AUDIO_OUTPUT, audioOut)
            && rated(rates, UnitKind.IMAGE_OUTPUT, imageOut);

    RequestCharges charges = RequestCharges.NONE;
    if (!inputRated
        || !outputRated
        || !units.isNone()
        || rates.has(UnitKind.PER_REQUEST)
        || rates.has(UnitKind.PER_QUERY)) {
      charges =
          RequestCharges.of(
              rates, units, input > 0 && inputRated, output > 0 && outputRated, imageIn, imageOut);
      if (!charges.complete()
          || !inputRated && !(charges.input() || !rates.billsTokens() && charges.any())
          || !outputRated && !(charges.output() || !rates.billsTokens() && charges.any())) {
        return INCOMPLETE;
      }
    }
    if (usage.isEmpty() && !charges.any() && !price.isFree()) {
      return NO_USAGE;
    }
    try {
      CostBreakdown cost =
          new CostBreakdown(
              inputRated ? nanos(textIn, rates.rate(UnitKind.INPUT)) : 0,
              outputRated ? nanos(textOut, rates.rate(UnitKind.OUTPUT)) : 0,
              inputRated ? nanos(cached, rates.rate(UnitKind.CACHED_INPUT)) : 0,
              inputRated ? cacheWriteNanos(rates, written - written1h, written1h) : 0,
              outputRated ? nanos(reasoning, rates.rate(UnitKind.REASONING)) : 0,
              inputRated ? nanos(audioIn, rates.rate(UnitKind.AUDIO_INPUT)) : 0,
              outputRated ? nanos(audioOut, rates.rate(UnitKind.AUDIO_OUTPUT)) : 0,
              inputRated ? nanos(imageIn, rates.rate(UnitKind.IMAGE_INPUT)) : 0,
              outputRated ? nanos(imageOut, rates.rate(UnitKind.IMAGE_OUTPUT)) : 0,
              charges == RequestCharges.NONE ? 0 : toNanos(charges.atto(), ATTO_PER_NANO));
      cost.total(); // throws when the components fit and their sum does not
      return new Priced(cost, price.version());
    } catch (ArithmeticException tooLarge) {
      return OUT_OF_RANGE;
    }
  }

  private static boolean rated(RateCard rates, UnitKind kind, long count) {
    return count == 0 || rates.has(kind);
  }

  private static long nanos(long count, long femto) {
    if (count == 0) {
      return 0;
    }
    long low = count * femto;
    if (Math.multiplyHigh(count, femto) == 0 && low >= 0) {
      return roundToNanos(low);
    }
    return toNanos(exact(count, femto), FEMTO_PER_NANO);
  }

  private static long cacheWriteNanos(RateCard rates, long minutes, long hour) {
    if (hour == 0) {
      return nanos(minutes, rates.rate(UnitKind.CACHE_WRITE));
    }
    // Both are one component: added up before they are rounded.
    BigInteger sum = exact(hour, rates.rate(UnitKind.CACHE_WRITE_1H));
    if (minutes > 0) {
      sum = sum.add(exact(minutes, rates.rate(UnitKind.CACHE_WRITE)));
    }
    return toNanos(sum, FEMTO_PER_NANO);
  }

  private static long roundToNanos(long femto) {
    long whole = femto / FEMTO_PER_NANO;
    return femto - whole * FEMTO_PER_NANO >= FEMTO_PER_NANO / 2 ? whole + 1 : whole;
  }

  static BigInteger exact(long count, long rate) {
    return BigInteger.valueOf(count).multiply(BigInteger.valueOf(rate));
  }

  private static long toNanos(BigInteger amount, long perNano) {
    BigInteger rounded =
        amount.add(BigInteger.valueOf(perNano / 2)).divide(BigInteger.valueOf(perNano));
    if (rounded.compareTo(LONG_MAX) > 0) {
      throw new ArithmeticException("cost does not fit in nano-dollars");
    }
    return rounded.longValue();
  }
}
