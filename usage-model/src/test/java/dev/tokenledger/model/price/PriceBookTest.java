package dev.tokenledger.model.price;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.model.event.BillableUnits;
import dev.tokenledger.model.event.CallStatus;
import dev.tokenledger.model.event.CostBreakdown;
import dev.tokenledger.model.event.EventHeader;
import dev.tokenledger.model.event.ModelCall;
import dev.tokenledger.model.event.ModelCall.Accounting;
import dev.tokenledger.model.event.Pricing;
import dev.tokenledger.model.event.Pricing.Priced;
import dev.tokenledger.model.event.Pricing.Unpriced;
import dev.tokenledger.model.event.Pricing.UnpricedReason;
import dev.tokenledger.model.event.TokenUsage;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PriceBookTest {
  private static final Instant MARCH = Instant.parse("2026-03-01T00:00:00Z");
  private static final Instant JUNE = Instant.parse("2026-06-01T00:00:00Z");
  private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
  private static final int ANYBODY = 1;
  private static final int ACME = 2;

  private static Pricing price(
      PriceBook book, int tenant, @Nullable String provider, @Nullable String model, Instant time) {
    return book.price(
        tenant, provider, model, null, time, TokenUsage.of(1_000_000, 0), BillableUnits.NONE);
  }

  private static long dollars(
      PriceBook book, int tenant, @Nullable String provider, String model, Instant time) {
    return ((Priced) price(book, tenant, provider, model, time)).cost().total() / 1_000_000_000;
  }

  private static UnpricedReason reason(Pricing pricing) {
    return ((Unpriced) pricing).reason();
  }

  @Test
  void thePriceOfTheCallsTimeCounts() {
    PriceBook book =
        PriceBook.of(
            List.of(
                Prices.price(
                    "openai", "o3", Price.ALWAYS, JUNE, Prices.LEARNED, "input=10 output=40"),
                Prices.price("openai", "o3", JUNE, null, Prices.LEARNED, "input=2 output=8")));

    assertThat(dollars(book, ANYBODY, null, "o3", JUNE.minusNanos(1))).isEqualTo(10);
    assertThat(dollars(book, ANYBODY, null, "o3", JUNE)).isEqualTo(2);
  }

  @Test
  void aCallThatWouldFillASumIsUnpriced() {
    PriceBook book = PriceBook.of(List.of(Prices.price("openai", "m", "input=1 output=1")));
    TokenUsage most = TokenUsage.of(100_000_000_000L, 0);
    TokenUsage more = TokenUsage.of(100_000_000_001L, 0);
    assertThat(book.price(ANYBODY, null, "m", null, JUNE, most, BillableUnits.NONE))
        .isInstanceOfSatisfying(
            Priced.class,
            priced -> assertThat(priced.cost().total()).isEqualTo(ModelCall.MAX_COST.nanos()));
    assertThat(reason(book.price(ANYBODY, null, "m", null, JUNE, more, BillableUnits.NONE)))
        .isEqualTo(UnpricedReason.OUT_OF_RANGE);
  }

  @Test
  void ofSeveralPricesThatHoldTheOneLearnedLastCounts() {
    Instant later = Prices.LEARNED.plus(Duration.ofDays(1));
    PriceBook book =
        PriceBook.of(
            List.of(
                Prices.price("openai", "m", MARCH, JUNE, later, "input=7 output=1"),
                Prices.price("openai", "m", "input=1 output=1")));

    assertThat(dollars(book, ANYBODY, null, "m", MARCH.minusSeconds(1))).isEqualTo(1);
    assertThat(dollars(book, ANYBODY, null, "m", MARCH)).isEqualTo(7);
    assertThat(dollars(book, ANYBODY, null, "m", JUNE)).isEqualTo(1);
    assertThat(book.learnedAt()).isEqualTo(later);
    assertThat(book.age(later.plusSeconds(60))).isEqualTo(Duration.ofMinutes(1));
  }

  @Test
  void everyCostNamesThePriceThatMadeIt() {
    Price price = Prices.price("openai", "m", "input=1 output=1");

    assertThat(price(PriceBook.of(List.of(price)), ANYBODY, null, "m", NOW))
        .isInstanceOfSatisfying(
            Priced.class, priced -> assertThat(priced.priceVersion()).isEqualTo(price.version()));
  }

  @Test
  void whatHasNoPriceSaysWhy() {
    PriceBook book =
        PriceBook.of(
            List.of(Prices.price("openai", "m", MARCH, JUNE, Prices.LEARNED, "input=1 output=1")));

    assertThat(reason(price(book, ANYBODY, "openai", null, NOW)))
        .isEqualTo(UnpricedReason.NO_MODEL);
    assertThat(reason(price(book, ANYBODY, "openai", " ", NOW))).isEqualTo(UnpricedReason.NO_MODEL);
    assertThat(reason(price(book, ANYBODY, "openai", "m-large", NOW)))
        .isEqualTo(UnpricedReason.UNKNOWN_MODEL);
    assertThat(reason(price(book, ANYBODY, "openai", "m", NOW)))
        .isEqualTo(UnpricedReason.NO_PRICE_AT_TIME);
    assertThat(book.explain(ANYBODY, "openai", "m", NOW).history()).hasSize(1);
  }

  @Test
  void anOverrideHoldsForItsTenantAlone() {
    PriceBook book =
        PriceBook.of(List.of(Prices.price("openai", "gpt-4o", "input=2 output=1")))
            .withOverrides(
                Map.of(ACME, List.of(Prices.price("openai", "gpt-4o", "input=1 output=1"))));

    assertThat(dollars(book, ANYBODY, "openai", "gpt-4o", NOW)).isEqualTo(2);
    assertThat(dollars(book, ACME, "openai", "gpt-4o", NOW)).isEqualTo(1);
    assertThat(book.explain(ACME, null, "gpt-4o", NOW).override()).isTrue();
    assertThat(book.explain(ANYBODY, null, "gpt-4o", NOW).override()).isFalse();
  }

  @Test
  void anOverrideWithoutAProviderHoldsWhoeverSellsTheModel() {
    PriceBook book =
        PriceBook.of(List.of(Prices.price("openai", "gpt-4o", "input=2 output=1")))
            .withOverrides(
                Map.of(ACME, List.of(Prices.price(null, "my-llama", "input=5 output=1"))));

    assertThat(dollars(book, ACME, "vllm", "my-llama", NOW)).isEqualTo(5);
    assertThat(dollars(book, ACME, null, "My-Llama", NOW)).isEqualTo(5);
    assertThat(reason(price(book, ANYBODY, "vllm", "my-llama", NOW)))
        .isEqualTo(UnpricedReason.UNKNOWN_MODEL);
  }

  @Test
  void anOverrideOfOneProviderLeavesTheOthersAlone() {
    PriceBook book =
        PriceBook.of(
                List.of(
                    Prices.price("openai", "gpt-4o", "input=2 output=1"),
                    Prices.price("azure", "gpt-4o", "input=3 output=1")))
            .withOverrides(
                Map.of(ACME, List.of(Prices.price("azure", "gpt-4o", "input=1 output=1"))));

    assertThat(dollars(book, ACME, "openai", "gpt-4o", NOW)).isEqualTo(2);
    assertThat(dollars(book, ACME, "azure.ai.openai", "gpt-4o", NOW)).isEqualTo(1);
  }

  @Test
  void anOverrideCoversSnapshotsOfItsModelUnlessTheyArePricedApart() {
    PriceBook book =
        PriceBook.of(
                List.of(
                    Prices.price("openai", "gpt-4o", "input=2 output=1"),
                    Prices.price("openai", "gpt-4o-2024-08-06", "input=2 output=1"),
                    Prices.price("openai", "gpt-4o-2024-05-13", "input=5 output=1")))
            .withOverrides(
                Map.of(ACME, List.of(Prices.price("openai", "gpt-4o", "input=1 output=1"))));

    assertThat(dollars(book, ACME, "openai", "gpt-4o-2024-08-06", NOW)).isEqualTo(1);
    assertThat(dollars(book, ACME, "openai", "gpt-4o-2024-11-20", NOW)).isEqualTo(1);
    assertThat(dollars(book, ACME, "openai", "gpt-4o-2024-05-13", NOW)).isEqualTo(5);
  }

  @Test
  void atATimeAtWhichNoOverrideHoldsTheCatalogueCounts() {
    PriceBook book =
        PriceBook.of(List.of(Prices.price("openai", "m", "input=2 output=1")))
            .withOverrides(
                Map.of(
                    ACME,
                    List.of(
                        Prices.price(
                            "openai", "m", JUNE, null, Prices.LEARNED, "input=1 output=1"))));

    assertThat(dollars(book, ACME, null, "m", JUNE)).isEqualTo(1);
    assertThat(dollars(book, ACME, null, "m", MARCH)).isEqualTo(2);
    assertThat(book.explain(ACME, null, "m", JUNE).override()).isTrue();
    assertThat(book.explain(ACME, null, "m", MARCH).override()).isFalse();
  }

  @Test
  void aStreamOfInventedNamesDoesNotDisplaceTheRightAnswer() {
    PriceBook book = PriceBook.of(List.of(Prices.price("openai", "m", "input=2 output=1")));

    for (int i = 0; i < 25_000; i++) {
      assertThat(price(book, ANYBODY, null, "invented-" + i, NOW)).isInstanceOf(Unpriced.class);
    }
    assertThat(dollars(book, ANYBODY, null, "m", NOW)).isEqualTo(2);
  }

  @Test
  void anAnswerFromAResponseCacheCostsNothing() {
    PriceBook book = PriceBook.of(List.of(Prices.price("openai", "m", "input=2 output=1")));

    assertThat(book.price(ANYBODY, call(TokenUsage.of(10, 10), CallStatus.SUCCESS, true)))
        .isEqualTo(new Priced(CostBreakdown.ZERO, PriceBook.CACHE_HIT));
  }

  @Test
  void aFailedCallWithoutUsageCostsNothingWhileASuccessfulOneIsUnpriced() {
    PriceBook book = PriceBook.of(List.of(Prices.price("openai", "m", "input=2 output=1")));

    assertThat(book.price(ANYBODY, call(TokenUsage.NONE, CallStatus.FAILURE, false)))
        .isInstanceOfSatisfying(
            Priced.class, priced -> assertThat(priced.cost()).isEqualTo(CostBreakdown.ZERO));
    assertThat(book.price(ANYBODY, call(TokenUsage.NONE, CallStatus.SUCCESS, false)))
        .isEqualTo(new Unpriced(UnpricedReason.NO_USAGE));
    assertThat(book.price(ANYBODY, call(TokenUsage.of(1_000_000, 0), CallStatus.FAILURE, false)))
        .isInstanceOfSatisfying(
            Priced.class, priced -> assertThat(priced.cost().total()).isEqualTo(2_000_000_000));
  }

  private static ModelCall call(TokenUsage usage, CallStatus status, boolean cacheHit) {
    EventHeader header =
        new EventHeader(
            "id", NOW, null, null, null, null, null, null, null, null, Map.of(), Map.of(), false);
    return new ModelCall(
        header,
        "openai",
        "m",
        "chat",
        null,
        null,
        usage,
        ModelCall.UNKNOWN,
        ModelCall.UNKNOWN,
        status,
        null,
        null,
        null,
        cacheHit,
        null,
        BillableUnits.NONE,
        null,
        Accounting.STANDALONE,
        Pricing.PENDING);
  }
}
