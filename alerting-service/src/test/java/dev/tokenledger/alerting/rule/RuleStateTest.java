package dev.tokenledger.alerting.rule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.alerting.rule.RuleOutcome.Kind;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RuleStateTest {
  private static final Instant FIRST = Instant.parse("2026-11-20T14:00:00Z");
  private static final Duration TEN_MINUTES = Duration.ofMinutes(10);

  @Test
  void withoutForAConditionFiresAtOnce() {
    assertThat(RuleState.next(null, Kind.HOLDS, FIRST, Duration.ZERO))
        .contains(new RuleState(FIRST, true, null, null));
  }

  @Test
  void aConditionFiresOnceItHasHeldLongEnough() {
    RuleState pending = hold(null, FIRST);
    assertThat(pending.firing()).isFalse();
    RuleState almost = hold(pending, FIRST.plusSeconds(599));
    assertThat(almost.firing()).isFalse();
    assertThat(almost.pendingSince()).isEqualTo(FIRST);
    assertThat(hold(almost, FIRST.plusSeconds(600)).firing()).isTrue();
  }

  @Test
  void whatWasPendingBeforeARestartFiresAfterIt() {
    // What is read back is the state that was written; the time away counts.
    RuleState readBack = new RuleState(FIRST, false, null, null);
    assertThat(hold(readBack, FIRST.plusSeconds(3_600)).firing()).isTrue();
  }

  @ParameterizedTest
  @EnumSource(names = {"DOES_NOT_HOLD", "NO_DATA", "TOO_FEW", "NO_BASELINE"})
  void whatDoesNotHoldIsForgotten(Kind kind) {
    RuleState firing = new RuleState(FIRST, true, null, null);
    assertThat(RuleState.next(firing, kind, FIRST.plusSeconds(60), TEN_MINUTES)).isEmpty();
  }

  @Test
  void whatIsKeptStaysAsItWas() {
    RuleState pending = new RuleState(FIRST, false, null, null);
    assertThat(RuleState.next(pending, Kind.KEEPS, FIRST.plusSeconds(3_600), TEN_MINUTES))
        .isEqualTo(Optional.of(pending));
    assertThat(RuleState.next(null, Kind.KEEPS, FIRST, TEN_MINUTES)).isEmpty();
  }

  @Test
  void whatFiresGoesOnFiringWhenForIsMadeLonger() {
    RuleState firing = new RuleState(FIRST, true, null, null);
    assertThat(
            RuleState.next(firing, Kind.HOLDS, FIRST.plusSeconds(60), Duration.ofDays(1))
                .orElseThrow()
                .firing())
        .isTrue();
  }

  private static RuleState hold(@Nullable RuleState state, Instant windowEnd) {
    return RuleState.next(state, Kind.HOLDS, windowEnd, TEN_MINUTES).orElseThrow();
  }
}
