package dev.tokenledger.alerting.rule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.alerting.rule.RuleOutcome.Kind;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RuleOutcomeTest {
  @ParameterizedTest
  @CsvSource({
    ">, 200, 200, DOES_NOT_HOLD",
    ">, 200, 200.000000001, HOLDS",
    ">=, 200, 200, HOLDS",
    ">=, 200, 199.999999999, DOES_NOT_HOLD",
    "<, 200, 200, DOES_NOT_HOLD",
    "<, 200, 199.999999999, HOLDS",
    "<=, 200.00, 200, HOLDS",
  })
  void anAbsoluteLimitIsComparedToTheNanoDollar(
      String operator, String limit, String value, Kind kind) {
    Rule rule = Rules.of(Rules.threshold("cost_usd", operator, limit));
    assertThat(RuleOutcome.of(rule, true, sample(value), List.of()).kind()).isEqualTo(kind);
  }

  @ParameterizedTest
  @CsvSource({
    // operator, percent, before, now, outcome
    ">, 100, 10, 20, DOES_NOT_HOLD",
    ">, 100, 10, 20.000000001, HOLDS",
    "<, -50, 10, 5, DOES_NOT_HOLD",
    "<, -50, 10, 4.999999999, HOLDS",
    ">, 100, 0, 0.000000001, HOLDS",
    ">, 100, 0, 0, DOES_NOT_HOLD",
    "<, -50, 0, 0, DOES_NOT_HOLD",
  })
  void aChangeIsComparedExactly(
      String operator, String percent, String before, String now, Kind kind) {
    Rule rule =
        Rules.of(
            Rules.body(
                "cost_usd",
                null,
                null,
                null,
                operator,
                null,
                percent,
                null,
                null,
                null,
                null,
                null,
                null));
    assertThat(RuleOutcome.of(rule, true, sample(now), List.of(sample(before))).kind())
        .isEqualTo(kind);
  }

  @Test
  void aChangeAgainstNothingKnownIsNotTold() {
    Rule rule =
        Rules.of(
            Rules.body(
                "cost_usd",
                null,
                null,
                null,
                ">",
                null,
                "100",
                null,
                null,
                null,
                null,
                null,
                null));
    assertThat(RuleOutcome.of(rule, true, sample("10"), List.of()).kind())
        .isEqualTo(Kind.NO_BASELINE);
  }

  @ParameterizedTest
  @CsvSource({
    // Mean 10 and deviation 2 of 8, 10, 12: limits 16 and 4.
    ">, 16, DOES_NOT_HOLD",
    ">, 16.000000001, HOLDS",
    "<, 4, DOES_NOT_HOLD",
    "<, 3.999999999, HOLDS",
  })
  void deviationsAreThoseOfASample(String operator, String now, Kind kind) {
    RuleOutcome outcome =
        RuleOutcome.of(deviations(operator), true, sample(now), samples("8", "10", "12"));
    assertThat(outcome.kind()).isEqualTo(kind);
    assertThat(outcome.limit().baseline()).isEqualByComparingTo("10");
  }

  @Test
  void deviationsOfTwoWindowsAreNotTold() {
    assertThat(RuleOutcome.of(deviations(">"), true, sample("99"), samples("8", "10")).kind())
        .isEqualTo(Kind.NO_BASELINE);
  }

  @Test
  void windowsWithoutAValueAreLeftOutOfTheMeanOfARate() {
    Rule rule =
        Rules.of(
            Rules.body(
                "error_rate", null, null, null, ">", null, null, "3", 7, null, null, null, null));
    List<Sample> earlier =
        List.of(sample("0.1"), new Sample(null, 0), sample("0.1"), sample("0.1"));
    assertThat(RuleOutcome.of(rule, false, sample("0.2"), earlier).limit().baseline())
        .isEqualByComparingTo("0.1");
  }

  @ParameterizedTest
  @CsvSource({
    // no_data, a sum, operator, outcome of nothing
    "zero, true, <, HOLDS",
    "zero, true, >, DOES_NOT_HOLD",
    "zero, false, <, NO_DATA",
    "ok, true, <, NO_DATA",
    "alert, true, >, NO_DATA_HOLDS",
    "alert, false, >, NO_DATA_HOLDS",
    "keep, true, <, KEEPS",
  })
  void nothingIsWhatTheRuleTakesItFor(String noData, boolean isSum, String operator, Kind kind) {
    Rule rule =
        Rules.of(
            Rules.threshold(isSum ? "model_calls" : "error_rate", operator, "1"),
            Rules.noData(noData));
    assertThat(RuleOutcome.of(rule, isSum, new Sample(null, 0), List.of()).kind()).isEqualTo(kind);
  }

  @ParameterizedTest
  @CsvSource({"alert", "keep", "ok"})
  void zeroIsNotNothing(String noData) {
    Rule rule = Rules.of(Rules.threshold("errors", "<", "1"), Rules.noData(noData));
    assertThat(RuleOutcome.of(rule, true, sample("0"), List.of()).kind()).isEqualTo(Kind.HOLDS);
  }

  @Test
  void ofTooFewNothingIsSaid() {
    Rule rule = Rules.of(Rules.threshold("error_rate", ">", "0.05"), Rules.minimum(20));
    assertThat(RuleOutcome.of(rule, false, new Sample(new BigDecimal("0.5"), 19), List.of()).kind())
        .isEqualTo(Kind.TOO_FEW);
    assertThat(RuleOutcome.of(rule, false, new Sample(new BigDecimal("0.5"), 20), List.of()).kind())
        .isEqualTo(Kind.HOLDS);
  }

  @Test
  void aFallToAlmostNothingIsMeasuredByWhatThereWas() {
    Rule rule =
        Rules.of(
            Rules.body(
                "model_calls",
                null,
                null,
                null,
                "<",
                null,
                "-50",
                null,
                null,
                null,
                null,
                null,
                100L));
    Sample before = new Sample(new BigDecimal(500), 500);
    assertThat(RuleOutcome.of(rule, true, new Sample(BigDecimal.ONE, 1), List.of(before)).kind())
        .isEqualTo(Kind.HOLDS);
  }

  private static Rule deviations(String operator) {
    return Rules.of(
        Rules.body(
            "cost_usd", null, null, null, operator, null, null, "3", 3, null, null, null, null));
  }

  private static List<Sample> samples(String... values) {
    return Arrays.stream(values).map(RuleOutcomeTest::sample).toList();
  }

  private static Sample sample(String value) {
    return new Sample(new BigDecimal(value), 1_000);
  }
}
