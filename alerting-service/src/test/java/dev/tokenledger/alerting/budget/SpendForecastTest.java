package dev.tokenledger.alerting.budget;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;

class SpendForecastTest {
  private static final long DOLLAR = 1_000_000_000L;
  private static final Instant NOW = Instant.parse("2026-11-16T12:00:00Z");
  private static final Instant END = Instant.parse("2026-12-01T00:00:00Z");

  @Test
  void steadySpendingGoesOnAsItWas() {
    Map<Instant, Long> hours = hours(28 * 24, hour -> DOLLAR);
    SpendForecast forecast = SpendForecast.of(hours, 372 * DOLLAR, 1_000 * DOLLAR, NOW, END);
    assertThat(forecast.expectedNanos()).isEqualTo((372 + 348) * DOLLAR);
    assertThat(forecast.lowNanos()).isEqualTo(forecast.expectedNanos());
    assertThat(forecast.highNanos()).isEqualTo(forecast.expectedNanos());
    assertThat(forecast.exhaustedAt()).isNull();
  }

  @Test
  void theLimitIsReachedWhenWhatIsLeftIsUsedUp() {
    Map<Instant, Long> hours = hours(28 * 24, hour -> DOLLAR);
    SpendForecast forecast = SpendForecast.of(hours, 372 * DOLLAR, 400 * DOLLAR, NOW, END);
    assertThat(forecast.exhaustedAt()).isEqualTo(NOW.plus(Duration.ofHours(28)));
  }

  @Test
  void aWeekendIsExpectedToBeAWeekend() {
    ToLongFunction<Instant> office = hour -> isWeekend(hour) ? 0 : DOLLAR;
    // Monday noon to the end of Tuesday in two weeks: ten and a half working days to come.
    SpendForecast forecast =
        SpendForecast.of(
            hours(28 * 24, office), 0, 10_000 * DOLLAR, NOW, Instant.parse("2026-12-01T00:00:00Z"));
    assertThat(forecast.expectedNanos()).isEqualTo(252 * DOLLAR);
  }

  @Test
  void whatIsSpentNowWeighsMoreThanWhatWasSpentWeeksAgo() {
    Instant yesterday = NOW.minus(Duration.ofHours(24));
    Map<Instant, Long> hours =
        hours(28 * 24, hour -> hour.isBefore(yesterday) ? DOLLAR : 3 * DOLLAR);
    SpendForecast forecast = SpendForecast.of(hours, 0, 10_000 * DOLLAR, NOW, END);
    assertThat(forecast.expectedNanos()).isGreaterThan(500 * DOLLAR);
  }

  @Test
  void theIntervalHoldsAboutFourOfFiveOutcomes() {
    Random random = new Random(7);
    int within = 0;
    int cases = 200;
    for (int i = 0; i < cases; i++) {
      ToLongFunction<Instant> noisy = hour -> Math.round(DOLLAR * (0.5 + random.nextDouble()));
      Map<Instant, Long> hours = hours(28 * 24, noisy);
      long actual = 0;
      for (Instant hour = NOW; hour.isBefore(END); hour = hour.plus(Duration.ofHours(1))) {
        actual += noisy.applyAsLong(hour);
      }
      SpendForecast forecast = SpendForecast.of(hours, 0, 10_000 * DOLLAR, NOW, END);
      if (actual >= forecast.lowNanos() && actual <= forecast.highNanos()) {
        within++;
      }
    }
    assertThat(within).isBetween(cases * 60 / 100, cases * 95 / 100);
  }

  @Test
  void aFewHoursTellNothing() {
    assertThat(SpendForecast.of(hours(2, hour -> DOLLAR), 0, DOLLAR, NOW, END)).isNull();
    assertThat(SpendForecast.of(Map.of(), 0, DOLLAR, NOW, END)).isNull();
  }

  @Test
  void whatIsSpentIsNeverExpectedToComeBack() {
    Random random = new Random(3);
    Map<Instant, Long> hours = hours(28 * 24, hour -> random.nextInt(10) == 0 ? 50 * DOLLAR : 0);
    SpendForecast forecast = SpendForecast.of(hours, 100 * DOLLAR, 200 * DOLLAR, NOW, END);
    assertThat(forecast.lowNanos()).isGreaterThanOrEqualTo(100 * DOLLAR);
  }

  private static Map<Instant, Long> hours(int count, ToLongFunction<Instant> cost) {
    Map<Instant, Long> hours = new TreeMap<>();
    for (int i = count; i > 0; i--) {
      Instant hour = NOW.minus(Duration.ofHours(i));
      long nanos = cost.applyAsLong(hour);
      if (nanos != 0) {
        hours.put(hour, nanos);
      }
    }
    return hours;
  }

  private static boolean isWeekend(Instant hour) {
    DayOfWeek day = hour.atZone(ZoneOffset.UTC).getDayOfWeek();
    return day == DayOfWeek.SATURDAY || day == DayOfWeek.SUNDAY;
  }
}
