package dev.tokenledger.model.price;

import dev.tokenledger.model.event.BillableUnits;
import java.math.BigInteger;

/**
 * What a call costs beside its tokens: by request, query, search, second, character and image.
 *
 * @param atto the exact amount in atto-dollars (10⁻¹⁸ USD)
 * @param complete false when something was used that is neither priced nor carried by tokens
 * @param input true when something sent was billed
 * @param output true when something generated was billed
 * @param any true when anything was billed, be it at a price of zero
 */
record RequestCharges(
    BigInteger atto, boolean complete, boolean input, boolean output, boolean any) {
  static final RequestCharges NONE = new RequestCharges(BigInteger.ZERO, true, false, false, false);

  /** A price is in femto-dollars; a piece is a thousand times as many atto-dollars. */
  private static final long PIECE = 1000;

  static RequestCharges of(
      RateCard rates,
      BillableUnits units,
      boolean inputByTokens,
      boolean outputByTokens,
      long imageInputTokens,
      long imageOutputTokens) {
    Sum sum = new Sum(rates);
    sum.alternative(UnitKind.PER_INPUT_SECOND, units.inputMillis(), 1, inputByTokens, true);
    sum.alternative(
        UnitKind.PER_INPUT_CHARACTER, units.inputCharacters(), PIECE, inputByTokens, true);
    sum.alternative(UnitKind.PER_OUTPUT_SECOND, units.outputMillis(), 1, outputByTokens, false);
    if (imageInputTokens == 0) {
      sum.images(UnitKind.PER_INPUT_IMAGE, units.inputImages(), inputByTokens, true);
    }
    if (imageOutputTokens == 0) {
      sum.images(UnitKind.PER_OUTPUT_IMAGE, units.outputImages(), outputByTokens, false);
    }
    sum.calls(units.searches());
    return new RequestCharges(sum.atto, sum.complete, sum.input, sum.output, sum.any);
  }

  private static final class Sum {
    private final RateCard rates;
    private BigInteger atto = BigInteger.ZERO;
    private boolean complete = true;
    private boolean input;
    private boolean output;
    private boolean any;

    Sum(RateCard rates) {
      this.rates = rates;
    }

    void alternative(UnitKind kind, long count, long attoFactor, boolean byTokens, boolean sent) {
      if (count > 0 && !byTokens) {
        charge(kind, count, attoFactor, sent, !sent);
      }
    }

    void images(UnitKind kind, long count, boolean byTokens, boolean sent) {
      if (count > 0 && (rates.has(kind) || !byTokens)) {
        charge(kind, count, PIECE, sent, !sent);
      }
    }

    void calls(long searches) {
      if (rates.has(UnitKind.PER_REQUEST)) {
        charge(UnitKind.PER_REQUEST, 1, PIECE, false, false);
      }
      if (rates.has(UnitKind.PER_QUERY)) {
        charge(UnitKind.PER_QUERY, Math.max(1, searches), PIECE, false, false);
      } else if (searches > 0 && rates.has(UnitKind.PER_SEARCHING_CALL)) {
        charge(UnitKind.PER_SEARCHING_CALL, 1, PIECE, false, false);
      } else if (searches > 0) {
        charge(UnitKind.PER_SEARCH, searches, PIECE, false, false);
      }
    }

    private void charge(
        UnitKind kind, long count, long attoFactor, boolean sent, boolean generated) {
      if (!rates.has(kind)) {
        complete = false;
        return;
      }
      atto =
          atto.add(
              CostCalculator.exact(count, rates.rate(kind))
                  .multiply(BigInteger.valueOf(attoFactor)));
      input |= sent;
      output |= generated;
      any = true;
    }
  }
}
