package dev.tokenledger.alerting.explanation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tokenledger.platform.query.Query;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ExplanationTest {
  private static final List<String> DIMENSIONS = List.of("agent", "model");
  private static final Window WINDOW =
      Window.endingAt(Instant.parse("2026-11-20T14:30:00Z"), Duration.ofHours(1));
  private static final long DOLLAR = 1_000_000_000L;

  @Test
  void oneCauseIsNamedWithItsPartAndItsBeginning() {
    Map<List<String>, Figure> usual =
        Map.of(
            List.of("crawler", "gpt-4o"), sum(60 * DOLLAR),
            List.of("crawler", "mini"), sum(4 * DOLLAR),
            List.of("writer", "gpt-4o"), sum(4 * DOLLAR));
    Map<List<String>, Figure> observed =
        Map.of(
            List.of("crawler", "gpt-4o"), sum(270 * DOLLAR),
            List.of("crawler", "mini"), sum(5 * DOLLAR),
            List.of("writer", "gpt-4o"), sum(5 * DOLLAR));
    Analysis analysis =
        Analysis.of(
            quantity("cost_usd"), DIMENSIONS, observed, List.of(usual, usual, usual, usual));
    List<Cause> dated =
        analysis.causes().stream()
            .map(cause -> cause.since(new Onset(Instant.parse("2026-11-20T13:00:00Z"), false)))
            .toList();
    Explanation explanation =
        explanation(
            "cost_usd",
            Map.of("project", List.of("search")),
            Window.Step.WEEK,
            4,
            analysis.with(dated));
    assertThat(explanation.text())
        .isEqualTo(
            "Spend in project search was 4.1 times its usual hour: $280.00 instead of $68.00"
                + " (+$212.00). 99 % of the rise comes from agent crawler on gpt-4o since 14:00"
                + " CET. Usual is the median of the same hour of the 4 weeks before.");
    assertThat(explanation.data())
        .containsEntry("observed", "280.000000000")
        .containsEntry("baseline", "68.000000000")
        .containsEntry("difference", "212.000000000")
        .containsEntry("verdict", "causes")
        .containsEntry("rest_share_percent", 1);
    assertThat((List<?>) explanation.data().get("causes"))
        .singleElement()
        .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.MAP)
        .containsEntry("values", Map.of("agent", "crawler", "model", "gpt-4o"))
        .containsEntry("difference", "210.000000000")
        .containsEntry("share_percent", 99)
        .containsEntry("since", "2026-11-20T13:00:00Z");
  }

  @Test
  void aFallIsToldAsAFall() {
    assertThat(
            text(
                "model_calls",
                Map.of(List.of("crawler", "a"), sum(0), List.of("writer", "a"), sum(400)),
                Map.of(List.of("crawler", "a"), sum(600), List.of("writer", "a"), sum(400))))
        .isEqualTo(
            "The number of model calls was 60 % below its usual hour: 400 instead of 1,000 (−600)."
                + " 100 % of the fall comes from agent crawler.");
  }

  @Test
  void severalCausesAreToldInTheOrderOfTheirParts() {
    assertThat(
            text(
                "total_tokens",
                Map.of(
                    List.of("crawler", "a"), sum(4_000),
                    List.of("writer", "b"), sum(2_000),
                    List.of("reader", "c"), sum(3_000)),
                Map.of(
                    List.of("crawler", "a"), sum(1_000),
                    List.of("writer", "b"), sum(1_000),
                    List.of("reader", "c"), sum(3_000))))
        .isEqualTo(
            "Token usage was 80 % above its usual hour: 9,000 instead of 5,000 (+4,000)."
                + " 75 % of the rise comes from agent crawler and 25 % from agent writer.");
  }

  @Test
  void whatMovedTheOtherWayIsToldApart() {
    assertThat(
            text(
                "model_calls",
                Map.of(
                    List.of("crawler", "a"), sum(1_100),
                    List.of("writer", "b"), sum(0),
                    List.of("reader", "c"), sum(900)),
                Map.of(
                    List.of("crawler", "a"), sum(100),
                    List.of("writer", "b"), sum(300),
                    List.of("reader", "c"), sum(900))))
        .isEqualTo(
            "The number of model calls was 54 % above its usual hour: 2,000 instead of 1,300"
                + " (+700). 143 % of the rise comes from agent crawler. At the same time agent"
                + " writer fell.");
  }

  @Test
  void whereEverythingRoseNothingIsBlamed() {
    assertThat(
            text(
                "cost_usd",
                Map.of(
                    List.of("crawler", "a"),
                    sum(2 * DOLLAR),
                    List.of("writer", "b"),
                    sum(4 * DOLLAR)),
                Map.of(
                    List.of("crawler", "a"), sum(DOLLAR), List.of("writer", "b"), sum(2 * DOLLAR))))
        .endsWith("No single part stands out: everything rose by about as much.");
  }

  @Test
  void whereThereIsUsuallyNothingTheLargestPartIsNamed() {
    assertThat(
            text(
                "cost_usd",
                Map.of(
                    List.of("crawler", "a"), sum(3 * DOLLAR), List.of("writer", "a"), sum(DOLLAR)),
                Map.of()))
        .isEqualTo(
            "Spend was $4.00, where there is usually nothing. 75 % comes from agent crawler.");
  }

  @Test
  void whatIsAboutAsUsualIsSaidToBe() {
    assertThat(
            text(
                "cost_usd",
                Map.of(List.of("crawler", "a"), sum(102 * DOLLAR)),
                Map.of(List.of("crawler", "a"), sum(100 * DOLLAR))))
        .isEqualTo("Spend was $102.00, about as in its usual hour.");
  }

  @Test
  void withoutAnythingEarlierNothingIsCompared() {
    Analysis analysis =
        Analysis.of(
            quantity("cost_usd"),
            DIMENSIONS,
            Map.of(List.of("crawler", "a"), sum(DOLLAR)),
            List.of());
    assertThat(explanation("cost_usd", Map.of(), Window.Step.PREVIOUS, 0, analysis).text())
        .isEqualTo("Spend was $1.00 within the hour; there is nothing earlier to compare it with.");
  }

  @Test
  void aRateIsTakenApartByWhatIsAboveItsLine() {
    // Agent writer is only busier: its rate is as usual.
    assertThat(
            text(
                "error_rate",
                Map.of(
                    List.of("crawler", "a"), new Figure(210, 1_000),
                    List.of("writer", "b"), new Figure(60, 3_000)),
                Map.of(
                    List.of("crawler", "a"), new Figure(20, 1_000),
                    List.of("writer", "b"), new Figure(40, 2_000))))
        .isEqualTo(
            "Error rate was 6.8 % instead of its usual 2 %. 100 % of the rise comes from agent"
                + " crawler (21 % instead of 2 %).");
  }

  @Test
  void aRateThatMovesByItsMixAloneIsSaidTo() {
    String text =
        text(
            "error_rate",
            Map.of(
                List.of("crawler", "a"), new Figure(300, 1_500),
                List.of("writer", "b"), new Figure(5, 500)),
            Map.of(
                List.of("crawler", "a"), new Figure(100, 500),
                List.of("writer", "b"), new Figure(15, 1_500)));
    assertThat(text)
        .contains("No rate changed much; the mix did.")
        .contains("agent crawler has more of the volume than usual");
  }

  @Test
  void aFallingSuccessRateIsAFall() {
    assertThat(
            text(
                "success_rate",
                Map.of(
                    List.of("crawler", "a"), new Figure(300, 1_000),
                    List.of("writer", "b"), new Figure(10, 1_000)),
                Map.of(
                    List.of("crawler", "a"), new Figure(10, 1_000),
                    List.of("writer", "b"), new Figure(10, 1_000))))
        .isEqualTo(
            "Success rate was 84.5 % instead of its usual 99 %. 100 % of the fall comes from agent"
                + " crawler (70 % instead of 99 %).");
  }

  @Test
  void aPercentileIsExplainedByTheMean() {
    Analysis analysis =
        Analysis.of(
            quantity("latency_ms.p95"),
            DIMENSIONS,
            Map.of(
                List.of("crawler", "a"), new Figure(4_000_000, 1_000),
                List.of("writer", "b"), new Figure(500_000, 1_000)),
            List.of(
                Map.of(
                    List.of("crawler", "a"), new Figure(1_000_000, 1_000),
                    List.of("writer", "b"), new Figure(500_000, 1_000))));
    Explanation explanation = explanation("latency_ms.p95", Map.of(), Window.Step.DAY, 1, analysis);
    assertThat(explanation.text())
        .isEqualTo(
            "Latency on average was 3 times its usual hour: 2.25 ms instead of 0.75 ms"
                + " (+1.5 ms). 100 % of the rise comes from agent crawler (4 ms instead of 1 ms).");
    assertThat(explanation.data()).containsEntry("explained_by", "mean");
  }

  @Test
  void expectedAmountsAreScaledToTheNanoDollar() {
    List<Leaf> leaves =
        Analysis.scaled(
            Map.of(List.of("a"), sum(5)),
            Map.of(List.of("a"), sum(1), List.of("b"), sum(1), List.of("c"), sum(1)),
            100);
    assertThat(leaves.stream().mapToLong(Leaf::expected).sum()).isEqualTo(100);
    assertThat(leaves.stream().mapToLong(Leaf::observed).sum()).isEqualTo(5);
  }

  @Test
  void theUsualIsTheMedianOfThreeOrMore() {
    assertThat(Analysis.middle(new long[] {1, 1_000, 2})).isEqualTo(2);
    assertThat(Analysis.middle(new long[] {4, 1, 1_000, 2})).isEqualTo(3);
    assertThat(Analysis.middle(new long[] {4, 2})).isEqualTo(3);
    assertThat(Analysis.middle(new long[] {7})).isEqualTo(7);
  }

  private static String text(
      String measure, Map<List<String>, Figure> observed, Map<List<String>, Figure> usual) {
    Analysis analysis = Analysis.of(quantity(measure), DIMENSIONS, observed, List.of(usual));
    return explanation(measure, Map.of(), Window.Step.WEEK, 1, analysis).text();
  }

  private static Explanation explanation(
      String measure,
      Map<String, List<String>> filters,
      Window.Step step,
      int windows,
      Analysis analysis) {
    return new Explanation(
        quantity(measure),
        filters,
        WINDOW,
        ZoneId.of("Europe/Berlin"),
        new Baseline(step, windows),
        analysis,
        null);
  }

  private static Quantity quantity(String measure) {
    return Quantity.of(Query.measures(List.of(measure)).get(0)).orElseThrow();
  }

  private static Figure sum(long amount) {
    return new Figure(amount, 0);
  }
}
