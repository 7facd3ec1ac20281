package dev.tokenledger.aggregation.settle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.testsupport.TestClock;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class QuietTimeTest {
  private final TestClock clock = new TestClock();
  private final SettlementProgress progress = new SettlementProgress(clock);
  private final QuietTime time = new QuietTime(progress, clock);
  private int portions;

  /** Work of five portions; {@code between} runs after each. */
  private int workDone(Runnable between) {
    portions = 0;
    time.use(
        () -> false,
        stopping -> {
          while (portions < 5 && !stopping.getAsBoolean()) {
            portions++;
            between.run();
          }
        });
    return portions;
  }

  private int workDone() {
    return workDone(() -> {});
  }

  @Test
  void workIsDoneAtOnceWhileSettlingKeepsUp() {
    assertThat(workDone()).isEqualTo(5);
  }

  @Test
  void workWaitsWhileAnyShardIsBehind() {
    progress.behind(0, true);
    progress.behind(1, true);
    assertThat(workDone()).isZero();

    progress.behind(0, false);
    assertThat(workDone()).isZero();

    progress.behind(1, false);
    assertThat(workDone()).isEqualTo(5);
  }

  @Test
  void workStopsBetweenPortionsWhenABacklogComes() {
    assertThat(workDone(() -> progress.behind(0, portions >= 2))).isEqualTo(2);
  }

  @Test
  void workThatWaitedLongIsDoneWhateverComes() {
    progress.behind(0, true);
    clock.pass(QuietTime.LONGEST.minusNanos(1));
    assertThat(workDone()).isZero();

    clock.pass(Duration.ofNanos(1));
    assertThat(workDone()).isEqualTo(5);
  }

  @Test
  void whatWasDoneInABacklogMayWaitAsLongAgain() {
    progress.behind(0, true);
    clock.pass(QuietTime.LONGEST);
    assertThat(workDone()).isEqualTo(5);

    clock.pass(Duration.ofSeconds(1));
    assertThat(workDone()).isZero();

    clock.pass(QuietTime.LONGEST);
    assertThat(workDone()).isEqualTo(5);
  }
}
