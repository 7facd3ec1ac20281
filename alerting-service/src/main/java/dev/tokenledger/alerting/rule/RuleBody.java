package dev.tokenledger.alerting.rule;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.tokenledger.alerting.explanation.Window;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** A rule as it is sent and shown; in a change, what is absent stays as it is. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RuleBody(
    @Schema(examples = "Search spend") @Nullable String name,
    @Schema(
            description =
                "A measure of the query API: cost_usd, total_tokens, model_calls, error_rate,"
                    + " latency_ms.p95, cache_hit_rate …",
            examples = "cost_usd")
        @Nullable String measure,
    @Schema(description = "Values by dimension; an event counts that has one of each.")
        @Nullable Map<String, List<String>> filters,
    @Schema(
            description =
                "A dimension for each of whose values the condition is looked at by itself. An"
                    + " empty text takes it away again.",
            examples = "agent")
        @Nullable String per,
    @Schema(
            description = "Whole minutes up to 30 days: 5m, 1h, 24h, 7d or ISO 8601.",
            examples = "1h")
        @Nullable String window,
    @Schema(description = ">, >=, < or <=", examples = ">") @Nullable String operator,
    @Schema(
            description =
                "An absolute limit in the measure's unit: dollars, milliseconds, a share of 1."
                    + " Send this, change_percent or deviations.",
            examples = "200.00")
        @Nullable String threshold,
    @Schema(
            description = "A limit as a change against one earlier window; negative for a fall.",
            examples = "100")
        @Nullable String changePercent,
    @Schema(
            description =
                "A limit as a number of standard deviations from the mean of earlier windows.",
            examples = "3")
        @Nullable String deviations,
    @Schema(
            description = "Earlier windows that deviations are computed of: 3 to 30.",
            examples = "7")
        @Nullable Integer windows,
    @Schema(description = "previous_window, same_window_yesterday or same_window_last_week")
        @Nullable String against,
    @Schema(description = "How long the condition must hold before it is told.", examples = "10m")
        @JsonProperty("for")
        @Nullable String holdFor,
    @Schema(
            description =
                "What it means that nothing happened: zero (the default), ok, alert or keep.")
        @Nullable String noData,
    @Schema(
            description =
                "The fewest calls, runs, steps and user actions of which the rule says anything.",
            examples = "20")
        @Nullable Long minimum,
    @Schema(description = "low, medium (the default), high or critical") @Nullable String severity,
    @Schema(
            description = "In which the same time of another day is meant; UTC without it.",
            examples = "Europe/Berlin")
        @Nullable String timezone,
    @Schema(description = "Labels of its alerts, beside rule, filters and per.")
        @Nullable Map<String, String> labels,
    @Schema(description = "Where notifications go; all of the tenant's channels without it.")
        @Nullable List<UUID> channels,
    @Nullable Boolean enabled) {

  static RuleBody of(Rule rule) {
    Comparison comparison = rule.comparison();
    return new RuleBody(
        rule.name(),
        rule.measure(),
        rule.filters(),
        rule.per(),
        text(rule.window()),
        rule.operator().symbol(),
        comparison instanceof Comparison.Threshold threshold
            ? threshold.value().toPlainString()
            : null,
        comparison instanceof Comparison.Change change ? change.percent().toPlainString() : null,
        comparison instanceof Comparison.Deviations deviations
            ? deviations.number().toPlainString()
            : null,
        comparison instanceof Comparison.Deviations deviations ? deviations.windows() : null,
        comparison instanceof Comparison.Threshold ? null : against(comparison.step()),
        text(rule.holdFor()),
        rule.noData().label(),
        rule.minimum(),
        rule.severity().label(),
        rule.zone().getId(),
        rule.labels(),
        rule.channels(),
        rule.enabled());
  }

  static String against(Window.Step step) {
    return switch (step) {
      case PREVIOUS -> "previous_window";
      case DAY -> "same_window_yesterday";
      case WEEK -> "same_window_last_week";
    };
  }

  private static String text(Duration length) {
    if (!length.isZero() && length.toMinutes() % Duration.ofDays(1).toMinutes() == 0) {
      return length.toDays() + "d";
    }
    return !length.isZero() && length.toMinutes() % 60 == 0
        ? length.toHours() + "h"
        : length.toMinutes() + "m";
  }
}
