package dev.tokenledger.alerting.anomaly;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnomalyDetectorTest {
  private static final Instant MONDAY = Instant.parse("2026-01-05T00:00:00Z");
  private static final Duration FIVE_MINUTES = Duration.ofMinutes(5);
  private static final int DAY = 288;

  private record Alarm(int point, Verdict verdict) {}

  private static List<Alarm> alarms(Duration bucket, int points, IntToDoubleFunction values) {
    AnomalyDetector detector = new AnomalyDetector(AnomalySettings.DEFAULTS);
    List<Alarm> alarms = new ArrayList<>();
    for (int i = 0; i < points; i++) {
      Verdict verdict =
          detector.observe(MONDAY.plus(bucket.multipliedBy(i)), values.applyAsDouble(i));
      if (verdict.alarm()) {
        alarms.add(new Alarm(i, verdict));
      }
    }
    return alarms;
  }

  /** Noise of 5 % on 1,000, the same for the same seed. */
  private static IntToDoubleFunction noisy(long seed) {
    Random random = new Random(seed);
    return i -> 1_000 + 50 * random.nextGaussian();
  }

  /** Busy by day, half of that at weekends, with noise of 5 %. */
  private static IntToDoubleFunction office(long seed, Duration bucket) {
    Random random = new Random(seed);
    return i -> {
      long seconds = bucket.toSeconds() * i;
      double hour = seconds % 86_400 / 3_600.0;
      double busy = 1 + Math.sin((hour - 6) / 24 * 2 * Math.PI);
      double weekday = seconds / 86_400 % 7 < 5 ? 1 : 0.5;
      return weekday * (200 + 1_000 * busy) * (1 + 0.05 * random.nextGaussian());
    };
  }

  @Test
  void saysNothingBeforeItKnowsEnough() {
    IntToDoubleFunction noise = noisy(1);
    AnomalyDetector detector = new AnomalyDetector(AnomalySettings.DEFAULTS);
    for (int i = 0; i < 500; i++) {
      double value = i % 50 == 49 ? 1e9 : noise.applyAsDouble(i);
      Verdict verdict = detector.observe(MONDAY.plus(FIVE_MINUTES.multipliedBy(i)), value);
      assertThat(verdict.score()).isZero();
      assertThat(verdict.alarm()).isFalse();
      assertThat(verdict.upper()).isInfinite();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void aSpikeAlarmsOnceAndSaysWhatWasExpected(long seed) {
    IntToDoubleFunction noise = noisy(seed);
    int spike = 6 * DAY + 100;
    List<Alarm> alarms =
        alarms(
            FIVE_MINUTES,
            7 * DAY,
            i -> noise.applyAsDouble(i) * (i == spike || i == spike + 1 ? 3 : 1));
    assertThat(alarms).extracting(Alarm::point).contains(spike).doesNotContain(spike + 1);
    Verdict verdict =
        alarms.stream().filter(each -> each.point() == spike).findFirst().orElseThrow().verdict();
    assertThat(verdict.cause()).isEqualTo(Verdict.Cause.SPIKE);
    assertThat(verdict.direction()).isEqualTo(Verdict.Direction.UP);
    assertThat(verdict.expected()).isBetween(950.0, 1_050.0);
    assertThat(verdict.lower()).isBetween(600.0, 950.0);
    assertThat(verdict.upper()).isBetween(1_050.0, 1_500.0);
    assertThat(verdict.score()).isGreaterThan(0.99).isLessThanOrEqualTo(1);
  }

  @Test
  void aDropIsDown() {
    IntToDoubleFunction noise = noisy(1);
    List<Alarm> alarms =
        alarms(FIVE_MINUTES, 7 * DAY, i -> i == 6 * DAY ? 0 : noise.applyAsDouble(i));
    assertThat(alarms)
        .anySatisfy(
            alarm -> {
              assertThat(alarm.point()).isEqualTo(6 * DAY);
              assertThat(alarm.verdict().direction()).isEqualTo(Verdict.Direction.DOWN);
            });
  }

  @Test
  void aNewLevelAlarmsAtOnceAndIsAcceptedWithinADay() {
    IntToDoubleFunction noise = noisy(1);
    int shift = 6 * DAY;
    List<Alarm> alarms =
        alarms(FIVE_MINUTES, 10 * DAY, i -> noise.applyAsDouble(i) + (i >= shift ? 2_000 : 0));
    assertThat(alarms).extracting(Alarm::point).contains(shift);
    assertThat(alarms)
        .filteredOn(alarm -> alarm.point() > shift)
        .extracting(Alarm::point)
        .allMatch(point -> point < shift + DAY + DAY / 2)
        .hasSizeLessThanOrEqualTo(1);
  }

  @Test
  void aDayThatIsMissingFromItsPatternIsSeenThoughItsValuesAreOrdinaryAtNight() {
    IntToDoubleFunction office = office(1, FIVE_MINUTES);
    int noon = 22 * DAY + DAY / 2;
    List<Alarm> alarms =
        alarms(
            FIVE_MINUTES,
            24 * DAY,
            i -> {
              double usual = office.applyAsDouble(i);
              return i >= noon && i < noon + 24 ? 205 + usual / 100 : usual;
            });
    assertThat(alarms)
        .anySatisfy(
            alarm -> {
              assertThat(alarm.point()).isBetween(noon, noon + 3);
              assertThat(alarm.verdict().direction()).isEqualTo(Verdict.Direction.DOWN);
              assertThat(alarm.verdict().expected()).isGreaterThan(1_500);
            });
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void anHourlyPatternOfDayAndWeekRaisesNoneInEightWeeks(long seed) {
    Duration hour = Duration.ofHours(1);
    assertThat(alarms(hour, 8 * 7 * 24, office(seed, hour))).isEmpty();
  }

  @Test
  void aTrendIsFollowed() {
    IntToDoubleFunction noise = noisy(1);
    assertThat(alarms(FIVE_MINUTES, 14 * DAY, i -> noise.applyAsDouble(i) + i)).isEmpty();
  }

  @Test
  void aConstantSeriesIsSilentUntilItMoves() {
    List<Alarm> alarms = alarms(FIVE_MINUTES, 8 * DAY, i -> i < 7 * DAY ? 45.1 : 60);
    assertThat(alarms).first().extracting(Alarm::point).isEqualTo(7 * DAY);
  }

  @Test
  void aSeriesOfZerosThatBecomesActiveAlarmsOnceADayAtMost() {
    IntToDoubleFunction noise = noisy(1);
    List<Alarm> alarms =
        alarms(FIVE_MINUTES, 9 * DAY, i -> i < 7 * DAY ? 0 : noise.applyAsDouble(i));
    assertThat(alarms).first().extracting(Alarm::point).isEqualTo(7 * DAY);
    assertThat(alarms).hasSizeLessThanOrEqualTo(2);
  }

  @Test
  void aRestoredStateGivesTheSameVerdicts() {
    IntToDoubleFunction office = office(3, FIVE_MINUTES);
    AnomalyDetector one = new AnomalyDetector(AnomalySettings.DEFAULTS);
    AnomalyDetector other = one;
    for (int i = 0; i < 16 * DAY; i++) {
      double value = office.applyAsDouble(i) * (i % 1_000 == 999 ? 5 : 1);
      Instant at = MONDAY.plus(FIVE_MINUTES.multipliedBy(i));
      if (i % 37 == 0) {
        byte[] state = other.toBytes();
        assertThat(state).hasSize(AnomalyDetector.STATE_BYTES);
        other = AnomalyDetector.fromBytes(state, AnomalySettings.DEFAULTS);
      }
      assertThat(other.observe(at, value)).isEqualTo(one.observe(at, value));
    }
    assertThat(other.toBytes()).isEqualTo(one.toBytes());
  }

  @Test
  void aStateFitsInFourKibibytes() {
    assertThat(AnomalyDetector.STATE_BYTES).isLessThanOrEqualTo(4_096);
  }

  @Test
  void whatIsNoStateIsRefused() {
    byte[] state = new AnomalyDetector(AnomalySettings.DEFAULTS).toBytes();
    byte[] later = state.clone();
    later[0] = 2;
    assertThatThrownBy(() -> AnomalyDetector.fromBytes(later, AnomalySettings.DEFAULTS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a state of version 2, known is 1");
    assertThatThrownBy(() -> AnomalyDetector.fromBytes(new byte[] {1, 2}, AnomalySettings.DEFAULTS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a state of 2 bytes");
    assertThatThrownBy(() -> AnomalyDetector.fromBytes(new byte[0], AnomalySettings.DEFAULTS))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void theEndOfAGapIsNoAnomaly(long seed) {
    IntToDoubleFunction noise = noisy(seed);
    AnomalyDetector detector = new AnomalyDetector(AnomalySettings.DEFAULTS);
    for (int i = 0; i < 10 * DAY; i++) {
      if (i % DAY < 30 || i / DAY == 6) {
        continue;
      }
      Verdict verdict =
          detector.observe(MONDAY.plus(FIVE_MINUTES.multipliedBy(i)), noise.applyAsDouble(i));
      if (i % DAY < 36) {
        assertThat(verdict.alarm()).isFalse();
      }
    }
  }

  @Test
  void aTimeThatComesAgainChangesNothing() {
    AnomalyDetector detector = new AnomalyDetector(AnomalySettings.DEFAULTS);
    IntToDoubleFunction noise = noisy(1);
    for (int i = 0; i < 4 * DAY; i++) {
      detector.observe(MONDAY.plus(FIVE_MINUTES.multipliedBy(i)), noise.applyAsDouble(i));
    }
    byte[] before = detector.toBytes();
    Verdict again = detector.observe(MONDAY.plus(FIVE_MINUTES.multipliedBy(4 * DAY - 1)), 1e9);
    Verdict earlier = detector.observe(MONDAY, 1e9);
    assertThat(again).isEqualTo(Verdict.ordinary(1e9)).isEqualTo(earlier);
    assertThat(detector.toBytes()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(
      doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 1.1e30, -1e300})
  void whatIsNoFigureIsRefused(double value) {
    AnomalyDetector detector = new AnomalyDetector(AnomalySettings.DEFAULTS);
    byte[] before = detector.toBytes();
    assertThatThrownBy(() -> detector.observe(MONDAY, value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no number or too large");
    assertThat(detector.toBytes()).isEqualTo(before);
  }

  @Test
  void theLargestValuesGiveFiguresThatAreNumbers() {
    AnomalyDetector detector = new AnomalyDetector(AnomalySettings.DEFAULTS);
    for (int i = 0; i < 10 * DAY; i++) {
      double value = i % 7 == 0 ? 1e30 : i % 7 == 1 ? -1e30 : 0;
      Verdict verdict = detector.observe(MONDAY.plus(FIVE_MINUTES.multipliedBy(i)), value);
      assertThat(verdict.score()).isBetween(0.0, 1.0);
      assertThat(verdict.expected()).isNotNaN();
      assertThat(verdict.lower()).isNotNaN();
      assertThat(verdict.upper()).isNotNaN();
    }
  }
}
