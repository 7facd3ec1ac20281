package dev.tokenledger.alerting.silence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tokenledger.alerting.silence.Matcher.Operator;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MatcherTest {
  @ParameterizedTest
  @CsvSource({
    "agent, =,  bot,       true",
    "agent, =,  bo,        false",
    "agent, !=, bot,       false",
    "agent, !=, other,     true",
    "agent, =~, b.t,       true",
    "agent, =~, b,         false",
    "agent, =~, bot|other, true",
    "agent, !~, b.*,       false",
    "agent, !~, c.*,       true",
    "team,  =,  '',        true",
    "team,  !=, '',        false",
    "team,  =~, .*,        true",
    "team,  =~, .+,        false",
    "team,  !~, .+,        true",
    "team,  !=, search,    true",
  })
  void matchesAsAlertmanagerDoes(String label, String operator, String value, boolean matches) {
    Matcher matcher = new Matcher(label, Operator.of(operator), value);
    assertThat(matcher.matches(Map.of("agent", "bot"))).as(matcher.toString()).isEqualTo(matches);
  }

  @Test
  void saysWhetherItWouldMatchWhatLacksTheLabel() {
    assertThat(new Matcher("agent", Operator.MATCHES, ".*").matchesNothing()).isTrue();
    assertThat(new Matcher("agent", Operator.NOT_EQUAL, "bot").matchesNothing()).isTrue();
    assertThat(new Matcher("agent", Operator.EQUAL, "bot").matchesNothing()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"(", "a{2000}", "(a{100}){100}", "((a{30}){30}){30}", "(?=a)", "\\1"})
  void refusesPatternsThatAreNoneOrTooLarge(String pattern) {
    assertThatThrownBy(() -> new Matcher("agent", Operator.MATCHES, pattern))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesWhatIsTooLong() {
    assertThatThrownBy(() -> new Matcher("agent", Operator.EQUAL, "a".repeat(257)))
        .hasMessage("a value has up to 256 characters");
    assertThatThrownBy(() -> new Matcher("", Operator.EQUAL, "a"))
        .hasMessage("a label has from 1 to 100 characters");
  }

  /** A backtracking engine would not come to an end. */
  @Test
  @Timeout(10)
  void takesTimeInProportionWhateverThePatternIs() {
    Matcher matcher = new Matcher("agent", Operator.MATCHES, "(a+)+(a+)+(a|aa)+b");
    assertThat(matcher.matches(Map.of("agent", "a".repeat(1_000_000)))).isFalse();
  }

  @Test
  @Timeout(10)
  void takesLittleTimeForTheLargestPatternThatItTakes() {
    Matcher matcher = new Matcher("agent", Operator.MATCHES, "(?:(?:a|a?){6}){20}b");
    Map<String, String> labels = Map.of("agent", "a".repeat(Matcher.MAX_INPUT));
    long start = System.nanoTime();
    assertThat(matcher.matches(labels)).isFalse();
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
  }
}
