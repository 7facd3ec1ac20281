package dev.tokenledger.alerting.authorization;

import dev.tokenledger.alerting.guard.AuthorizationRequest;
import dev.tokenledger.model.event.BillableUnits;
import dev.tokenledger.model.event.Pricing;
import dev.tokenledger.model.event.TokenUsage;
import dev.tokenledger.model.price.PriceBook;
import java.time.Instant;

/** What a call is expected to cost before it is made. */
sealed interface Estimate {
  /** An amount in nano-dollars, above zero. */
  record Amount(long nanos) implements Estimate {}

  /** The model is known to cost nothing. */
  record Free() implements Estimate {}

  /** The catalogue has no price for the model. */
  record Unpriced() implements Estimate {}

  /** The model has a price, or is not named, and it is not said how much of it is used. */
  record Unknown() implements Estimate {}

  /** More than any call costs: an estimate above is taken for a mistake. */
  long MOST_NANOS = 1_000_000_000_000_000L;

  /** What a model is asked about to learn whether it is free. */
  TokenUsage MANY = TokenUsage.of(1_000_000, 1_000_000);

  static Estimate of(AuthorizationRequest request, PriceBook book, Instant now) {
    Long given = request.estimatedNanos();
    if (given != null && given > 0) {
      return new Amount(given);
    }
    String model = request.subject().get("model");
    if (model == null) {
      return new Unknown();
    }
    Long input = request.maxInputTokens();
    Long output = request.maxOutputTokens();
    boolean told = input != null || output != null;
    TokenUsage usage =
        told ? TokenUsage.of(input == null ? 0 : input, output == null ? 0 : output) : MANY;
    Pricing pricing = price(request, book, now, model, usage);
    if (!(pricing instanceof Pricing.Priced priced)) {
      return new Unpriced();
    }
    long nanos = priced.cost().total();
    if (nanos == 0) {
      boolean free =
          !told
              || (price(request, book, now, model, MANY) instanceof Pricing.Priced many
                  && many.cost().total() == 0);
      return free ? new Free() : new Unknown();
    }
    return told ? new Amount(Math.min(nanos, MOST_NANOS)) : new Unknown();
  }

  private static Pricing price(
      AuthorizationRequest request, PriceBook book, Instant now, String model, TokenUsage usage) {
    return book.price(
        request.tenantId(),
        request.subject().get("provider"),
        model,
        request.serviceTier(),
        now,
        usage,
        BillableUnits.NONE);
  }
}
