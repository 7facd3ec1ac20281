package dev.tokenledger.alerting.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BackoffTest {
  private static final Duration LONGEST = Duration.ofHours(3);

  private final Backoff backoff = new Backoff(LONGEST, new Random(1));

  @Test
  void pausesDoubleWithHalfOfThemRandomUpToTheLongest() {
    Duration most = Duration.ofSeconds(5);
    for (int attempts = 1; attempts < 40; attempts++) {
      for (int i = 0; i < 20; i++) {
        assertThat(backoff.pause(attempts, null)).isBetween(most.dividedBy(2), most);
      }
      most = most.multipliedBy(2).compareTo(LONGEST) > 0 ? LONGEST : most.multipliedBy(2);
    }
  }

  @Test
  void sixteenAttemptsLastForSevenToFifteenHours() {
    Duration whole = Duration.ZERO;
    for (int attempts = 1; attempts < 16; attempts++) {
      whole = whole.plus(backoff.pause(attempts, null));
    }
    assertThat(whole).isBetween(Duration.ofHours(7), Duration.ofHours(15));
  }

  @Test
  void aReceiverIsGivenTheTimeItAsksForButNotMoreThanTheLongestPause() {
    assertThat(backoff.pause(1, Duration.ofMinutes(10))).isEqualTo(Duration.ofMinutes(10));
    assertThat(backoff.pause(1, Duration.ofDays(10))).isEqualTo(LONGEST);
    assertThat(backoff.pause(10, Duration.ofSeconds(1))).isGreaterThan(Duration.ofMinutes(20));
  }
}
