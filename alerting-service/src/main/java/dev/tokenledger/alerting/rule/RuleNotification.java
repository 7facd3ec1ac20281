package dev.tokenledger.alerting.rule;

import dev.tokenledger.alerting.explanation.Explanation;
import dev.tokenledger.alerting.explanation.Phrases;
import dev.tokenledger.alerting.explanation.Window;
import dev.tokenledger.alerting.incident.Condition;
import dev.tokenledger.alerting.notification.Notification;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What is told of a condition that holds. It is kept as JSON until it is put together anew. */
final class RuleNotification {
  private static final String TITLE = "title";
  private static final String TEXT = "text";

  /** Longer values are cut in what people read, and in keys. */
  private static final int MAX_SHOWN = 200;

  private RuleNotification() {}

  /** The filters of a rule and, where it is looked at by a dimension, the value of that. */
  static Map<String, List<String>> filters(Rule rule, String series) {
    Map<String, List<String>> filters = new TreeMap<>(rule.filters());
    if (rule.per() != null) {
      filters.put(rule.per(), List.of(series));
    }
    return filters;
  }

  /** The {@code data} of a notification, its title and text among it. */
  static Map<String, Object> of(
      Rule rule,
      String series,
      Window window,
      RuleOutcome outcome,
      Optional<Explanation> explanation) {
    Map<String, Object> data = new LinkedHashMap<>();
    String title = title(rule, series, outcome);
    String text = text(rule, series, window, outcome);
    data.put("rule_id", rule.id().toString());
    data.put("rule", rule.name());
    data.put("measure", rule.measure());
    data.put("filters", filters(rule, series));
    data.put("window_start", window.start().toString());
    data.put("window_end", window.end().toString());
    data.put("outcome", outcome.kind().label());
    data.putAll(figures(rule, outcome));
    data.put(TITLE, title);
    data.put(TEXT, explanation.map(found -> text + ' ' + found.text()).orElse(text));
    explanation.ifPresent(found -> data.put("explanation", found.data()));
    return data;
  }

  /** Value, limit and volume, as the API shows them. */
  static Map<String, Object> figures(Rule rule, RuleOutcome outcome) {
    Map<String, Object> figures = new LinkedHashMap<>();
    if (outcome.value() != null) {
      figures.put("value", shown(rule, outcome.value()));
    }
    if (outcome.limit() != null) {
      figures.put("operator", rule.operator().symbol());
      figures.put("limit", shown(rule, outcome.limit().value()));
      if (!(rule.comparison() instanceof Comparison.Threshold)) {
        figures.put("baseline", shown(rule, outcome.limit().baseline()));
      }
    }
    figures.put("volume", outcome.volume());
    return figures;
  }

  /** Money is text, as everywhere in the API. */
  private static Object shown(Rule rule, BigDecimal value) {
    if (Phrases.isMoney(rule.measure())) {
      return value.setScale(9, RoundingMode.HALF_UP).toPlainString();
    }
    BigDecimal rounded = value.setScale(6, RoundingMode.HALF_UP);
    return rounded.signum() == 0
        ? BigDecimal.ZERO
        : new BigDecimal(rounded.stripTrailingZeros().toPlainString());
  }

  private static String title(Rule rule, String series, RuleOutcome outcome) {
    String about = "'" + rule.name() + "'" + about(rule, series);
    if (outcome.kind() == RuleOutcome.Kind.NO_DATA_HOLDS) {
      return about + ": no data";
    }
    return about
        + ": "
        + amount(rule, Objects.requireNonNull(outcome.value()))
        + " is "
        + rule.operator().words()
        + ' '
        + amount(rule, Objects.requireNonNull(outcome.limit()).value());
  }

  private static String about(Rule rule, String series) {
    return rule.per() == null ? "" : " for " + rule.per() + ' ' + cut(series);
  }

  private static String text(Rule rule, String series, Window window, RuleOutcome outcome) {
    String subject = Phrases.subject(rule.measure(), cut(filters(rule, series)));
    String when =
        " in the "
            + Phrases.length(rule.window())
            + " until "
            + Phrases.time(window.end(), rule.zone());
    if (outcome.kind() == RuleOutcome.Kind.NO_DATA_HOLDS) {
      return subject + " cannot be told: nothing was reported" + when + '.';
    }
    return subject
        + when
        + " was "
        + amount(rule, Objects.requireNonNull(outcome.value()))
        + ", "
        + rule.operator().words()
        + " the limit of "
        + amount(rule, Objects.requireNonNull(outcome.limit()).value())
        + derivation(rule, outcome.limit())
        + '.';
  }

  private static String derivation(Rule rule, Comparison.@Nullable Limit limit) {
    Comparison comparison = rule.comparison();
    if (limit == null || comparison instanceof Comparison.Threshold) {
      return "";
    }
    String baseline = amount(rule, limit.baseline());
    if (comparison instanceof Comparison.Change change) {
      return " ("
          + change.percent().abs().stripTrailingZeros().toPlainString()
          + " % "
          + (change.percent().signum() < 0 ? "less" : "more")
          + " than "
          + baseline
          + switch (change.step()) {
            case PREVIOUS -> " in the window before)";
            case DAY -> " at the same time of the day before)";
            case WEEK -> " at the same time of the week before)";
          };
    }
    Comparison.Deviations deviations = (Comparison.Deviations) comparison;
    return " ("
        + deviations.number().stripTrailingZeros().toPlainString()
        + " standard deviations from the mean "
        + baseline
        + " of "
        + deviations.windows()
        + switch (deviations.step()) {
          case PREVIOUS -> " windows before)";
          case DAY -> " days at this time)";
          case WEEK -> " weeks at this time)";
        };
  }

  private static String amount(Rule rule, BigDecimal value) {
    return Phrases.amount(rule.measure(), value);
  }

  private static Map<String, List<String>> cut(Map<String, List<String>> filters) {
    Map<String, List<String>> cut = new TreeMap<>();
    filters.forEach(
        (dimension, values) ->
            cut.put(dimension, values.stream().map(RuleNotification::cut).toList()));
    return cut;
  }

  private static String cut(String text) {
    return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "…";
  }

  /** The condition as incidents take it. */
  static Condition condition(Rule rule, String series, Map<String, Object> told) {
    List<Notification.Fact> facts = new ArrayList<>();
    fact(facts, "Value", rule, told.get("value"));
    fact(facts, "Limit", rule, told.get("limit"));
    fact(facts, "Baseline", rule, told.get("baseline"));
    facts.add(new Notification.Fact("Window", Phrases.length(rule.window())));
    return new Condition(
        rule.tenantId(),
        RuleKeys.of(rule.id(), series),
        RuleKeys.SOURCE,
        rule.id(),
        1,
        rule.severity(),
        "rule.firing",
        String.valueOf(told.get(TITLE)),
        String.valueOf(told.get(TEXT)),
        labels(rule, series),
        facts,
        told,
        rule.channels());
  }

  private static void fact(
      List<Notification.Fact> facts, String name, Rule rule, @Nullable Object value) {
    if (value != null) {
      facts.add(new Notification.Fact(name, amount(rule, new BigDecimal(value.toString()))));
    }
  }

  private static Map<String, String> labels(Rule rule, String series) {
    Map<String, String> labels = new TreeMap<>();
    filters(rule, series)
        .forEach(
            (dimension, values) -> {
              if (values.size() == 1) {
                labels.put(dimension, values.get(0));
              }
            });
    labels.putAll(rule.labels());
    labels.put("rule", rule.name());
    return labels;
  }
}
