package dev.tokenledger.alerting.budget;

import dev.tokenledger.model.money.Money;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a budget stands in its current period.
 *
 * @param status {@code ok}; or {@code unreadable} while it cannot be read what was spent: then what
 *     depends on that is null, and a hard stop decides by {@code when_unavailable}
 * @param unreadable why it cannot be read; null while it can
 * @param spentUsd what counts: the known cost, and what unpriced calls are assumed to cost
 * @param assumedUsd the part of it that is assumed; null where nothing is
 * @param reservedUsd held for calls that were authorized and not reported yet
 * @param remainingUsd what is left of the limit after both, negative once it is exceeded
 * @param percent spent, of the limit, rounded down
 * @param unpricedCalls calls whose cost is not known
 * @param burnRateUsdPerHour mean of the last 24 hours, or of the period if that is shorter
 * @param forecast null while too little is known
 */
public record BudgetStatus(
    BudgetView budget,
    String status,
    @Nullable UnreadableView unreadable,
    PeriodView period,
    @Nullable String spentUsd,
    @Nullable String assumedUsd,
    String reservedUsd,
    @Nullable String remainingUsd,
    @Nullable String percent,
    List<Integer> thresholdsCrossed,
    @Nullable Long unpricedCalls,
    @Nullable String burnRateUsdPerHour,
    @Nullable ForecastView forecast) {

  /** Why it is not known what was spent, and since when. */
  public record UnreadableView(String reason, Instant since) {}

  /** A period's ends. */
  public record PeriodView(Instant start, Instant end) {
    static PeriodView of(BudgetPeriod period) {
      return new PeriodView(period.start(), period.end());
    }
  }

  /**
   * What is expected by the end of the period.
   *
   * @param lowUsd the lower end of the interval that holds four of five outcomes
   * @param exceeded whether more than the limit is expected
   * @param exhaustedAt when the limit is expected to be reached; null if not within the period
   */
  public record ForecastView(
      String expectedUsd,
      String lowUsd,
      String highUsd,
      boolean exceeded,
      @Nullable Instant exhaustedAt) {
    static ForecastView of(SpendForecast forecast, Budget budget) {
      return new ForecastView(
          usd(forecast.expectedNanos()),
          usd(forecast.lowNanos()),
          usd(forecast.highNanos()),
          forecast.expectedNanos() > budget.amountNanos(),
          forecast.exhaustedAt());
    }
  }

  static BudgetStatus of(
      Budget budget,
      BudgetPeriod period,
      Spend spend,
      long reservedNanos,
      long burnNanosPerHour,
      @Nullable SpendForecast forecast) {
    long counted = spend.countedNanos(budget);
    BigDecimal percent = Percent.of(counted, budget.amountNanos());
    return new BudgetStatus(
        BudgetView.of(budget),
        "ok",
        null,
        PeriodView.of(period),
        usd(counted),
        budget.assumedNanos() == 0 ? null : usd(spend.assumedNanos(budget)),
        usd(reservedNanos),
        usd(budget.amountNanos() - counted - reservedNanos),
        percent.toPlainString(),
        budget.thresholds().stream()
            .filter(threshold -> percent.compareTo(BigDecimal.valueOf(threshold)) >= 0)
            .toList(),
        spend.unpricedCalls(),
        usd(burnNanosPerHour),
        forecast == null ? null : ForecastView.of(forecast, budget));
  }

  static BudgetStatus unreadable(
      Budget budget, BudgetPeriod period, UnreadableBudgets.Unreadable why, long reservedNanos) {
    return new BudgetStatus(
        BudgetView.of(budget),
        "unreadable",
        new UnreadableView(why.reason(), why.since()),
        PeriodView.of(period),
        null,
        null,
        usd(reservedNanos),
        null,
        null,
        List.of(),
        null,
        null,
        null);
  }

  private static String usd(long nanos) {
    return Money.ofNanos(nanos).toUsd();
  }
}
