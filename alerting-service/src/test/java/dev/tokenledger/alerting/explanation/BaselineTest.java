package dev.tokenledger.alerting.explanation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BaselineTest {
  private static final Instant END = Instant.parse("2026-11-20T14:00:00Z");

  @ParameterizedTest
  @CsvSource({
    // window, history, step, windows
    "PT1H, P90D, WEEK, 4, the same hour of the 4 weeks before",
    "PT1H, P15D, WEEK, 2, the same hour of the 2 weeks before",
    "PT1H, P14D, DAY, 7, the same hour of the 7 days before",
    "PT1H, P2D, DAY, 1, the same hour a day before",
    "PT5M, PT24H, PREVIOUS, 3, the 3 × 5 minutes before",
    "PT1H, PT2H30M, PREVIOUS, 1, the hour before",
    "P1D, P10D, DAY, 7, the same day of the 7 days before",
    "P7D, P90D, WEEK, 4, the same week of the 4 weeks before",
    "P30D, P90D, PREVIOUS, 2, the 2 × 30 days before",
    "PT1H, PT1H, PREVIOUS, 0, the 0 × hour before",
  })
  void theUsualIsLookedForAsFarBackAsThereIsAnything(
      Duration length, Duration history, Window.Step step, int windows, String words) {
    Window window = Window.endingAt(END, length);
    Baseline baseline = Baseline.usual(window, ZoneId.of("UTC"), END.minus(history));
    assertThat(baseline).isEqualTo(new Baseline(step, windows));
    assertThat(baseline.words(window)).isEqualTo(words);
    assertThat(baseline.before(window, ZoneId.of("UTC"))).hasSize(windows);
  }
}
