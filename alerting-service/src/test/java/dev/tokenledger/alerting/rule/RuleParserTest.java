package dev.tokenledger.alerting.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tokenledger.alerting.explanation.Window;
import dev.tokenledger.model.rollup.Grain;
import dev.tokenledger.platform.problem.ProblemException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RuleParserTest {
  @ParameterizedTest
  @CsvSource({"5m, PT5M", "1h, PT1H", "24h, PT24H", "7d, P7D", "PT90M, PT90M", "P30D, P30D"})
  void windowsAreLengthsOfTime(String text, Duration window) {
    assertThat(Rules.of(window(text)).window()).isEqualTo(window);
  }

  @ParameterizedTest
  @CsvSource({"0m", "31d", "90s", "PT90S", "-PT1H", "1w", "an hour", "PT0.5S"})
  void otherWindowsAreRefused(String text) {
    refuses("window", window(text));
  }

  @Test
  void whatIsAbsentStaysAsItIs() {
    Rule rule =
        Rules.of(
            Rules.body(
                "error_rate",
                Map.of("project", List.of("search")),
                "agent",
                "15m",
                ">",
                "0.05",
                null,
                null,
                null,
                null,
                "10m",
                "keep",
                20L));
    assertThat(RuleParser.changed(rule, Rules.body())).isEqualTo(rule);
    assertThat(
            RuleParser.changed(RuleStore.blank(rule.id(), 1, rule.createdAt()), RuleBody.of(rule))
                .hasConditionOf(rule))
        .as("what is written is read again")
        .isTrue();
  }

  @Test
  void aRuleThatWasForEachValueCanBeForAll() {
    Rule rule =
        Rules.of(
            Rules.body(
                null, null, "agent", null, null, null, null, null, null, null, null, null, null));
    assertThat(rule.per()).isEqualTo("agent");
    assertThat(
            RuleParser.changed(
                    rule,
                    Rules.body(
                        null, null, "", null, null, null, null, null, null, null, null, null, null))
                .per())
        .isNull();
  }

  @Test
  void oneKindOfComparisonReplacesAnother() {
    Rule rule = Rules.of(Rules.threshold("cost_usd", ">", "200"), deviations("3", 10, null));
    assertThat(rule.comparison())
        .isInstanceOfSatisfying(
            Comparison.Deviations.class,
            deviations -> {
              assertThat(deviations.windows()).isEqualTo(10);
              assertThat(deviations.step()).isEqualTo(Window.Step.DAY);
            });
    assertThat(RuleParser.changed(rule, Rules.threshold("cost_usd", ">", "5")).comparison())
        .isInstanceOf(Comparison.Threshold.class);
  }

  @Test
  void refusalsNameTheField() {
    refuses("measure", Rules.threshold("spend", ">", "1"));
    refuses("operator", Rules.threshold("cost_usd", "!=", "1"));
    refuses("threshold", Rules.threshold("cost_usd", ">", "much"));
    refuses("threshold", Rules.threshold("cost_usd", ">", "1e999999999"));
    refuses("deviations", deviations("0", 7, null));
    refuses("windows", deviations("3", 2, null));
    refuses("windows", deviations("3", 31, null));
    refuses("against", deviations("3", 7, "yesterday"));
    refuses("no_data", Rules.noData("panic"));
    refuses("minimum", Rules.minimum(-1));
    refuses(
        "filters",
        Rules.body(
            null,
            Map.of("planet", List.of("mars")),
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null));
    refuses(
        "threshold",
        Rules.body(null, null, null, null, null, "1", "2", null, null, null, null, null, null));
  }

  @Test
  void windowsThatOverlapTheOnesTheyAreComparedWithAreRefused() {
    refuses(
        "against",
        Rules.body(
            null,
            null,
            null,
            "2d",
            null,
            null,
            "50",
            null,
            null,
            "same_window_yesterday",
            null,
            null,
            null));
  }

  @Test
  void whatIsKeptByTheHourNeedsWholeHours() {
    Map<String, List<String>> user = Map.of("user", List.of("u-1"));
    refuses(
        "window",
        Rules.body(null, user, null, "30m", null, null, null, null, null, null, null, null, null));
    Rule rule =
        Rules.of(
            Rules.body(
                null, user, null, "2h", null, null, null, null, null, null, null, null, null));
    assertThat(RuleParser.grain(rule.measure(), rule.filters(), rule.per())).isEqualTo(Grain.HOUR);
    assertThat(RuleEvaluation.window(rule, Instant.parse("2026-11-20T14:59:59Z")))
        .isEqualTo(Window.endingAt(Instant.parse("2026-11-20T14:00:00Z"), Duration.ofHours(2)));
  }

  @Test
  void windowsEndWithTheLastWholeMinute() {
    Rule rule = Rules.of(Rules.threshold("cost_usd", ">", "1"));
    assertThat(RuleEvaluation.window(rule, Instant.parse("2026-11-20T14:05:59.999Z")).end())
        .isEqualTo(Instant.parse("2026-11-20T14:05:00Z"));
    assertThat(RuleEvaluation.window(rule, Instant.parse("2026-11-20T14:06:00Z")).end())
        .isEqualTo(Instant.parse("2026-11-20T14:06:00Z"));
  }

  @Test
  void whatIsNotKeptTogetherIsRefused() {
    refuses(
        "filters",
        Rules.body(
            "latency_ms.p95",
            Map.of("user", List.of("u-1")),
            null,
            "1h",
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            null));
  }

  private static RuleBody window(String text) {
    return Rules.body(null, null, null, text, null, null, null, null, null, null, null, null, null);
  }

  private static RuleBody deviations(String number, int windows, @Nullable String against) {
    return Rules.body(
        null, null, null, null, null, null, null, number, windows, against, null, null, null);
  }

  private static void refuses(String field, RuleBody body) {
    assertThatExceptionOfType(ProblemException.class)
        .isThrownBy(() -> Rules.of(body))
        .satisfies(e -> assertThat(e.extensions()).containsEntry("field", field))
        .satisfies(e -> assertThat(e.getMessage()).isNotBlank());
  }
}
