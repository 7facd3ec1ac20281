package dev.tokenledger.alerting.rule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class RuleLoopTest {
  private static final Instant END = Instant.parse("2026-11-20T14:05:00Z");
  private static final Instant AT = END.plusSeconds(12);
  private static final Rule RULE = Rules.of();
  private static final RuleLoop.Look LOOK = new RuleLoop.Look(1, END, AT);

  @Test
  void aRuleIsLookedAtWhenItIsNewOrChanged() {
    assertThat(RuleLoop.isDue(RULE, END, null, null, AT)).isTrue();
    assertThat(RuleLoop.isDue(RULE, END, new RuleLoop.Look(0, END, AT), null, AT)).isTrue();
  }

  @Test
  void aRuleIsLookedAtWhenItsWindowMovesOnAndNeverBack() {
    assertThat(RuleLoop.isDue(RULE, END.plusSeconds(60), LOOK, null, AT.plusSeconds(60))).isTrue();
    assertThat(RuleLoop.isDue(RULE, END.minusSeconds(60), LOOK, AT, AT.plusSeconds(60))).isFalse();
    assertThat(RuleLoop.isDue(RULE, END, LOOK, null, AT.plusSeconds(50))).isFalse();
  }

  @Test
  void lateEventsAreSeenAfterAPartOfTheWindow() {
    assertThat(RuleLoop.isDue(RULE, END, LOOK, AT.plusSeconds(1), AT.plusSeconds(14))).isFalse();
    assertThat(RuleLoop.isDue(RULE, END, LOOK, AT.plusSeconds(1), AT.plusSeconds(15))).isTrue();
    assertThat(RuleLoop.isDue(RULE, END, LOOK, AT.minusSeconds(1), AT.plusSeconds(15))).isFalse();
  }
}
