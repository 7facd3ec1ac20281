package dev.tokenledger.model.event;

import java.util.Locale;
import java.util.Objects;

/**
 * What our catalogue says of a model call. "Unpriced" is a state of its own, never a cost of zero.
 */
public sealed interface Pricing permits Pricing.Priced, Pricing.Unpriced {

  /** A call that has not been priced yet; never stored. */
  Pricing PENDING = new Unpriced(UnpricedReason.PENDING);

  /**
   * A call with a cost, which may well be zero for a model that is free.
   *
   * @param cost the components; they add up to the total
   * @param priceVersion the identifier of the price that made the cost, never empty
   */
  record Priced(CostBreakdown cost, String priceVersion) implements Pricing {
    public Priced {
      Objects.requireNonNull(cost, "cost");
      Objects.requireNonNull(priceVersion, "priceVersion");
    }
  }

  /** A call whose cost is not known. It is counted apart until a price arrives. */
  record Unpriced(UnpricedReason reason) implements Pricing {
    public Unpriced {
      Objects.requireNonNull(reason, "reason");
    }
  }

  /** Why a call has no cost. */
  enum UnpricedReason {
    /** Not looked at yet. */
    PENDING,
    /** No model was reported. */
    NO_MODEL,
    /** The catalogue knows no such model. */
    UNKNOWN_MODEL,
    /** The catalogue knows the model, but no price that holds at the time of the call. */
    NO_PRICE_AT_TIME,
    /** The price does not cover something that was used, such as audio tokens. */
    INCOMPLETE_PRICE,
    /** The call succeeded, and neither tokens nor other billable units were reported. */
    NO_USAGE,
    /** The cost does not fit the range of an amount. */
    OUT_OF_RANGE;

    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
