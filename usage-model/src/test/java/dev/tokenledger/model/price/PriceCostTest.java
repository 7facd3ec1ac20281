package dev.tokenledger.model.price;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tokenledger.model.event.BillableUnits;
import dev.tokenledger.model.event.CostBreakdown;
import dev.tokenledger.model.event.Pricing;
import dev.tokenledger.model.event.Pricing.Priced;
import dev.tokenledger.model.event.Pricing.Unpriced;
import dev.tokenledger.model.event.Pricing.UnpricedReason;
import dev.tokenledger.model.event.TokenUsage;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PriceCostTest {

  private static CostBreakdown cost(String unitPrices, TokenUsage usage) {
    return cost(unitPrices, ServiceTier.STANDARD, usage, BillableUnits.NONE);
  }

  private static CostBreakdown cost(
      String unitPrices, ServiceTier tier, TokenUsage usage, BillableUnits units) {
    Pricing pricing = Prices.price("openai", "m", unitPrices).cost(tier, usage, units);
    assertThat(pricing).isInstanceOf(Priced.class);
    return ((Priced) pricing).cost();
  }

  private static UnpricedReason unpriced(String unitPrices, TokenUsage usage, BillableUnits units) {
    Pricing pricing =
        Prices.price("openai", "m", unitPrices).cost(ServiceTier.STANDARD, usage, units);
    assertThat(pricing).isInstanceOf(Unpriced.class);
    return ((Unpriced) pricing).reason();
  }

  private static BillableUnits units(
      long inputMillis, long outputMillis, long inImages, long outImages, long chars, long search) {
    return new BillableUnits(inputMillis, outputMillis, inImages, outImages, chars, search);
  }

  @Test
  void partsAreBilledApartFromTheRestOfInputAndOutput() {
    TokenUsage usage = new TokenUsage(10_000, 2_000, 4_000, 1_500, 500, 700, 300, 200, 100, 50);

    CostBreakdown cost =
        cost(
            "input=3 output=15 cached_input=0.3 cache_write=3.75 cache_write_1h=6 reasoning=20"
                + " audio_input=40 audio_output=80 image_input=5 image_output=50",
            usage);

    assertThat(cost)
        .isEqualTo(
            new CostBreakdown(
                4_100 * 3_000L,
                1_050 * 15_000L,
                4_000 * 300L,
                1_000 * 3_750L + 500 * 6_000L,
                700 * 20_000L,
                300 * 40_000L,
                200 * 80_000L,
                100 * 5_000L,
                50 * 50_000L,
                0));
  }

  @Test
  void partsWithoutAPriceOfTheirOwnCostWhatTheWholeCosts() {
    TokenUsage usage = new TokenUsage(10_000, 2_000, 4_000, 1_500, 500, 700, 300, 200, 100, 50);

    CostBreakdown cost = cost("input=3 output=15", usage);

    assertThat(cost.total()).isEqualTo(10_000 * 3_000L + 2_000 * 15_000L);
    assertThat(cost.reasoning()).isEqualTo(700 * 15_000L);
    assertThat(cost.cachedInput()).isEqualTo(4_000 * 3_000L);
    assertThat(cost.cacheWrite()).isEqualTo(1_500 * 3_000L);
  }

  @Test
  void aCacheKeptForAnHourCostsWhatAShorterOneDoesWhenItHasNoPrice() {
    TokenUsage usage = new TokenUsage(100, 0, 0, 100, 100, 0, 0, 0, 0, 0);

    assertThat(cost("input=3 output=15 cache_write=3.75", usage).cacheWrite())
        .isEqualTo(100 * 3_750L);
  }

  @Test
  void reasoningIsNotBilledTwice() {
    TokenUsage usage = new TokenUsage(0, 1_000, 0, 0, 0, 1_000, 0, 0, 0, 0);

    assertThat(cost("input=1 output=10", usage).total()).isEqualTo(1_000 * 10_000L);
  }

  @Test
  void halfANanoDollarIsRoundedUpAndLessThanThatDown() {
    // 0.0005 USD per million tokens: half a nano-dollar each.
    assertThat(cost("input=0.0005 output=1", TokenUsage.of(1, 0)).input()).isEqualTo(1);
    assertThat(cost("input=0.000499999 output=1", TokenUsage.of(1, 0)).input()).isZero();
    assertThat(cost("input=0.0005 output=1", TokenUsage.of(3, 0)).input()).isEqualTo(2);
  }

  @Test
  void bothKindsOfCacheWritesAreAddedUpBeforeTheyAreRounded() {
    TokenUsage usage = new TokenUsage(2, 0, 0, 2, 1, 0, 0, 0, 0, 0);

    // 0.3 + 0.4 nano-dollars are one after rounding, although neither is.
    assertThat(
            cost("input=1 output=1 cache_write=0.0003 cache_write_1h=0.0004", usage).cacheWrite())
        .isEqualTo(1);
  }

  @Test
  void aSizeTierBeginsAboveItsBoundAndHoldsForTheWholeCall() {
    String prices =
        "input=3 input>200000=6 output=15 output>200000=22.5 cached_input=0.3"
            + " cached_input>200000=0.6";

    assertThat(cost(prices, TokenUsage.of(200_000, 10)))
        .isEqualTo(new CostBreakdown(200_000 * 3_000L, 150_000, 0, 0, 0, 0, 0, 0, 0, 0));
    assertThat(cost(prices, TokenUsage.of(200_001, 10)))
        .isEqualTo(new CostBreakdown(200_001 * 6_000L, 225_000, 0, 0, 0, 0, 0, 0, 0, 0));
    TokenUsage cached = new TokenUsage(200_001, 0, 200_000, 0, 0, 0, 0, 0, 0, 0);
    assertThat(cost(prices, cached).cachedInput()).isEqualTo(200_000 * 600L);
  }

  @Test
  void ofSeveralSizeTiersTheHighestThatIsExceededCounts() {
    String prices = "input=1 input>32000=2 input>128000=3 output=10 output>128000=30";

    assertThat(cost(prices, TokenUsage.of(32_000, 1)).total()).isEqualTo(32_000_000L + 10_000);
    assertThat(cost(prices, TokenUsage.of(32_001, 1)).total()).isEqualTo(64_002_000L + 10_000);
    assertThat(cost(prices, TokenUsage.of(128_001, 1)).total()).isEqualTo(384_003_000L + 30_000);
  }

  @Test
  void serviceTiersHaveTheirOwnPrices() {
    String prices =
        "input=2 input@batch=1 input@flex=1.1 input@priority=3.5 output=8 output@batch=4";
    TokenUsage usage = TokenUsage.of(1_000, 100);

    assertThat(cost(prices, ServiceTier.of("batch"), usage, BillableUnits.NONE).total())
        .isEqualTo(1_000_000 + 400_000);
    assertThat(cost(prices, ServiceTier.of("flex"), usage, BillableUnits.NONE).total())
        .isEqualTo(1_100_000 + 800_000);
    assertThat(cost(prices, ServiceTier.of("PRIORITY"), usage, BillableUnits.NONE).total())
        .isEqualTo(3_500_000 + 800_000);
    assertThat(cost(prices, ServiceTier.of("fast"), usage, BillableUnits.NONE).total())
        .isEqualTo(3_500_000 + 800_000);
    assertThat(cost(prices, ServiceTier.of("auto"), usage, BillableUnits.NONE).total())
        .isEqualTo(2_000_000 + 800_000);
    assertThat(cost(prices, ServiceTier.of(null), usage, BillableUnits.NONE).total())
        .isEqualTo(2_000_000 + 800_000);
  }

  @Test
  void aSurchargeForSizeIsNotLostToADiscountThatWasPublishedForSmallerCallsOnly() {
    String prices = "input=2 input@batch=1 input>200000=4 output=8";

    assertThat(
            cost(prices, ServiceTier.BATCH, TokenUsage.of(200_001, 0), BillableUnits.NONE).total())
        .isEqualTo(200_001 * 4_000L);
  }

  @Test
  void aPartThatCostsWhatTheWholeCostsFollowsItThroughTiers() {
    String prices = "input=2 output=8 output@batch=4 output>200000=12 reasoning=8";
    TokenUsage usage = new TokenUsage(10, 1_000, 0, 0, 0, 1_000, 0, 0, 0, 0);
    TokenUsage large = new TokenUsage(200_001, 1_000, 0, 0, 0, 1_000, 0, 0, 0, 0);

    assertThat(cost(prices, ServiceTier.BATCH, usage, BillableUnits.NONE).reasoning())
        .isEqualTo(4_000_000);
    assertThat(cost(prices, large).reasoning()).isEqualTo(12_000_000);
  }

  @Test
  void impossibleUsageIsBilledAsFarAsTheTotalsAllow() {
    TokenUsage cachedAboveInput = new TokenUsage(100, 50, 1_000, 500, 0, 80, 0, 0, 0, 0);
    assertThat(cachedAboveInput.isImpossible()).isTrue();

    CostBreakdown cost = cost("input=3 output=15 cached_input=0.3 cache_write=4", cachedAboveInput);

    assertThat(cost).isEqualTo(new CostBreakdown(0, 0, 100 * 300L, 0, 50 * 15_000L, 0, 0, 0, 0, 0));
  }

  @Test
  void noTokenIsBilledTwiceWhenPartsOverlap() {
    // Cached audio: both parts are possible, together they exceed the input.
    TokenUsage usage = new TokenUsage(1_000, 0, 800, 0, 0, 0, 500, 0, 0, 0);

    CostBreakdown cost = cost("input=1 output=1 cached_input=1 audio_input=1", usage);

    assertThat(cost.total()).isEqualTo(1_000_000);
    assertThat(cost.cachedInput()).isEqualTo(800_000);
    assertThat(cost.audioInput()).isEqualTo(200_000);
  }

  @Test
  void aStatedPriceOfZeroIsACostOfZero() {
    assertThat(cost("input=0 output=0", TokenUsage.of(1_000, 1_000))).isEqualTo(CostBreakdown.ZERO);
    assertThat(cost("input=0 output=0", TokenUsage.NONE)).isEqualTo(CostBreakdown.ZERO);
  }

  @Test
  void aCallThatDoesNotSayWhatItUsedIsUnpriced() {
    assertThat(unpriced("input=1 output=1", TokenUsage.NONE, BillableUnits.NONE))
        .isEqualTo(UnpricedReason.NO_USAGE);
  }

  @Test
  void whatAPriceDoesNotCoverMakesItIncomplete() {
    assertThat(unpriced("input=1", TokenUsage.of(10, 10), BillableUnits.NONE))
        .isEqualTo(UnpricedReason.INCOMPLETE_PRICE);
    assertThat(unpriced("per_input_second=0.0001", TokenUsage.of(10, 10), BillableUnits.NONE))
        .isEqualTo(UnpricedReason.INCOMPLETE_PRICE);
    assertThat(unpriced("input=1 output=1", TokenUsage.of(1, 1), units(0, 0, 0, 0, 0, 2)))
        .isEqualTo(UnpricedReason.INCOMPLETE_PRICE);
    assertThat(unpriced("input=1 output=1", TokenUsage.NONE, units(0, 0, 0, 1, 0, 0)))
        .isEqualTo(UnpricedReason.INCOMPLETE_PRICE);
    assertThat(unpriced("input=1 output=1", TokenUsage.NONE, units(5_000, 0, 0, 0, 0, 0)))
        .isEqualTo(UnpricedReason.INCOMPLETE_PRICE);
  }

  @Test
  void secondsAreBilledByTheMillisecond() {
    CostBreakdown cost =
        cost(
            "per_input_second=0.0001",
            ServiceTier.STANDARD,
            TokenUsage.NONE,
            units(12_345, 0, 0, 0, 0, 0));

    assertThat(cost.request()).isEqualTo(1_234_500);
    assertThat(cost.total()).isEqualTo(1_234_500);
  }

  @Test
  void secondsAndCharactersAreNotBilledOnTopOfTokensOfTheSame() {
    TokenUsage usage = new TokenUsage(100, 0, 0, 0, 0, 0, 100, 0, 0, 0);

    CostBreakdown cost =
        cost(
            "input=1 output=1 audio_input=6 per_input_second=0.1 per_input_character=15",
            ServiceTier.STANDARD,
            usage,
            units(9_000, 0, 0, 0, 500, 0));

    assertThat(cost.total()).isEqualTo(100 * 6_000L);
  }

  @Test
  void imagesRequestsCharactersAndSearchesAreBilledByThePiece() {
    assertThat(
            cost(
                    "per_output_image=0.04",
                    ServiceTier.STANDARD,
                    TokenUsage.of(20, 0),
                    units(0, 0, 0, 3, 0, 0))
                .total())
        .isEqualTo(120_000_000);
    assertThat(
            cost(
                    "input=1 output=1 per_request=0.005 per_search=0.01",
                    ServiceTier.STANDARD,
                    TokenUsage.of(1, 1),
                    units(0, 0, 0, 0, 0, 2))
                .request())
        .isEqualTo(25_000_000);
    assertThat(
            cost(
                    "per_input_character=15",
                    ServiceTier.STANDARD,
                    TokenUsage.NONE,
                    units(0, 0, 0, 0, 1_000, 0))
                .total())
        .isEqualTo(15_000_000);
    assertThat(
            cost(
                    "input=0 output=0 per_query=0.002",
                    ServiceTier.STANDARD,
                    TokenUsage.NONE,
                    BillableUnits.NONE)
                .total())
        .isEqualTo(2_000_000);
    assertThat(
            cost(
                    "input=1 output=1 per_searching_call=0.035",
                    ServiceTier.STANDARD,
                    TokenUsage.of(1, 1),
                    units(0, 0, 0, 0, 0, 7))
                .request())
        .isEqualTo(35_000_000);
  }

  @Test
  void anImageIsBilledByItsTokensOrAsAPieceButNotBoth() {
    String prices = "input=0.3 output=2.5 image_output=30 per_output_image=0.039";
    TokenUsage split = new TokenUsage(10, 1_290, 0, 0, 0, 0, 0, 0, 0, 1_290);

    assertThat(cost(prices, ServiceTier.STANDARD, split, units(0, 0, 0, 1, 0, 0)).total())
        .isEqualTo(3_000 + 1_290 * 30_000L);
    assertThat(
            cost(prices, ServiceTier.STANDARD, TokenUsage.of(10, 0), units(0, 0, 0, 1, 0, 0))
                .total())
        .isEqualTo(3_000 + 39_000_000L);
  }

  @Test
  void anAmountBeyondTheRangeIsUnpricedAndNotWrapped() {
    assertThat(
            unpriced(
                "input=9000000000 output=1", TokenUsage.of(Long.MAX_VALUE, 0), BillableUnits.NONE))
        .isEqualTo(UnpricedReason.OUT_OF_RANGE);
    // Each component fits, their sum does not.
    long half = Long.MAX_VALUE / 1_000_000 * 600;
    assertThat(unpriced("input=1000 output=1000", TokenUsage.of(half, half), BillableUnits.NONE))
        .isEqualTo(UnpricedReason.OUT_OF_RANGE);
  }

  @Test
  void productsBeyondALongAreExact() {
    long tokens = 4_000_000_000_000L;

    // 4e12 tokens × 2.5e9 fUSD is 1e22, far above a long; the cost is 10 million dollars.
    assertThat(cost("input=2.5 output=1", TokenUsage.of(tokens, 0)).total())
        .isEqualTo(10_000_000_000_000_000L);
  }

  @Test
  void componentsAddUpToTheTotalAndMatchDecimalArithmetic() {
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      BigDecimal in = BigDecimal.valueOf(random.nextInt(1_000_000_000), 9);
      BigDecimal out = BigDecimal.valueOf(random.nextInt(1_000_000_000), 7);
      TokenUsage usage = TokenUsage.of(random.nextInt(1 << 20), 1 + random.nextInt(1 << 16));

      CostBreakdown cost =
          cost("input=" + in.toPlainString() + " output=" + out.toPlainString(), usage);

      assertThat(cost.input()).isEqualTo(nanos(in, usage.input()));
      assertThat(cost.output()).isEqualTo(nanos(out, usage.output()));
      assertThat(cost.total()).isEqualTo(cost.input() + cost.output());
    }
  }

  private static long nanos(BigDecimal perMillion, long tokens) {
    return perMillion
        .multiply(BigDecimal.valueOf(tokens))
        .movePointRight(3)
        .setScale(0, java.math.RoundingMode.HALF_UP)
        .longValueExact();
  }

  @Test
  void aPriceRejectsWhatCannotHold() {
    assertThatThrownBy(() -> Prices.price("openai", "m", "input=1 input=2"))
        .hasMessageContaining("two prices of m");
    assertThatThrownBy(() -> Prices.price("openai", " ", "input=1"))
        .hasMessageContaining("model must have");
    assertThatThrownBy(() -> Prices.price("openai", "m", "input=-1"))
        .hasMessageContaining("negative");
    assertThatThrownBy(() -> Prices.price("openai", "m", "input=1e30"))
        .hasMessageContaining("does not fit");
    assertThatThrownBy(() -> Prices.price("openai", "m", "per_request=9224"))
        .hasMessageContaining("does not fit");
    Instant day = Prices.LEARNED;
    assertThatThrownBy(() -> Prices.price("openai", "m", day, day, day, "input=1"))
        .hasMessageContaining("before it starts");
    assertThatThrownBy(() -> new Price("v", "p", "m", day, null, day, "test", List.of()))
        .hasMessageContaining("no unit price");
  }

  @Test
  void digitsBeyondAFemtoDollarAreRounded() {
    BigDecimal residue = new BigDecimal("0.0000029999900000000002");

    assertThat(UnitPrice.of(UnitKind.INPUT, residue).usdPerUnit())
        .isEqualByComparingTo("0.00000299999");
    assertThat(UnitPrice.of(UnitKind.INPUT, new BigDecimal("1e-999")).femtoUsd()).isZero();
  }
}
