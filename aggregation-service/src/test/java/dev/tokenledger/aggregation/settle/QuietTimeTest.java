package dev.tokenledger.aggregation.settle;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class QuietTimeTest {
  private Instant now = Instant.parse("2026-03-01T00:00:00Z");
  private int portions;

  private final Clock clock =
      new Clock() {
        @Override
        public Instant instant() {
          return now;
        }

        @Override
        public ZoneId getZone() {
          return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
          return this;
        }
      };

  private final SettlementProgress progress = new SettlementProgress(clock);
  private final QuietTime time = new QuietTime(progress, clock);

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
    now = now.plus(QuietTime.LONGEST).minusNanos(1);
    assertThat(workDone()).isZero();

    now = now.plusNanos(1);
    assertThat(workDone()).isEqualTo(5);
  }

  @Test
  void whatWasDoneInABacklogMayWaitAsLongAgain() {
    progress.behind(0, true);
    now = now.plus(QuietTime.LONGEST);
    assertThat(workDone()).isEqualTo(5);

    now = now.plus(Duration.ofSeconds(1));
    assertThat(workDone()).isZero();

    now = now.plus(QuietTime.LONGEST);
    assertThat(workDone()).isEqualTo(5);
  }
}
