package dev.tokenledger.alerting.anomaly;

import dev.tokenledger.alerting.explanation.Explainer;
import dev.tokenledger.alerting.explanation.Explanation;
import dev.tokenledger.alerting.explanation.Phrases;
import dev.tokenledger.alerting.explanation.Window;
import dev.tokenledger.alerting.incident.Condition;
import dev.tokenledger.alerting.notification.Notification;
import dev.tokenledger.alerting.notification.Severity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What is told of an anomaly. */
final class AnomalyNotification {
  static final String SOURCE = "anomaly";

  /** Longer values are cut in what people read. */
  private static final int MAX_SHOWN = 200;

  /** The detector's score where a tenth of such a point was to be expected. */
  private static final double SURE = 0.97;

  /** So many times what was expected, or so small a part of it, is much. */
  private static final double FAR = 3;

  /** Over how long a level or a pattern is judged. */
  private static final Duration LONG = Duration.ofDays(1);

  private static final ZoneId UTC = ZoneId.of("UTC");

  private AnomalyNotification() {}

  /**
   * What is to be explained of an alarm: its hour, or a day where more than the hour is unusual.
   */
  static Explainer.Question question(int tenantId, HourlyDetection.Alarm alarm) {
    Duration length =
        switch (cause(alarm)) {
          case NONE, SPIKE, SEASON -> HourlyDetection.BUCKET;
          case LEVEL, SEASON_LEVEL, VARIABILITY -> LONG;
        };
    return new Explainer.Question(
        tenantId,
        alarm.measure().label(),
        alarm.subject().filters(),
        Window.endingAt(end(alarm), length),
        UTC,
        null);
  }

  /** An hour that is unusual by itself is told as that, though it also moves the mean of a day. */
  private static Verdict.Cause cause(HourlyDetection.Alarm alarm) {
    Verdict verdict = alarm.verdict();
    boolean byItself = alarm.observed() < verdict.lower() || alarm.observed() > verdict.upper();
    return switch (verdict.cause()) {
      case NONE, SPIKE, SEASON -> verdict.cause();
      case LEVEL, SEASON_LEVEL, VARIABILITY -> byItself ? Verdict.Cause.SPIKE : verdict.cause();
    };
  }

  private static Instant end(HourlyDetection.Alarm alarm) {
    return alarm.anomaly().bucket().plus(HourlyDetection.BUCKET);
  }

  static Condition condition(
      int tenantId, HourlyDetection.Alarm alarm, Optional<Explanation> explanation) {
    String text = text(alarm) + explanation.map(found -> ' ' + found.text()).orElse("");
    return new Condition(
        tenantId,
        alarm.anomaly().key(),
        SOURCE,
        null,
        alarm.anomaly().level(),
        severity(alarm),
        "anomaly.detected",
        title(alarm),
        text,
        labels(alarm),
        facts(alarm),
        data(alarm, text, explanation),
        List.of());
  }

  /** One step for how sure it is, and one for how far it is from what was expected. */
  static Severity severity(HourlyDetection.Alarm alarm) {
    double expected = Math.max(0, alarm.verdict().expected());
    boolean far =
        Math.max(alarm.observed(), expected) >= FAR * Math.min(alarm.observed(), expected);
    boolean sure = alarm.verdict().score() >= SURE;
    return far && sure ? Severity.HIGH : far || sure ? Severity.MEDIUM : Severity.LOW;
  }

  private static String title(HourlyDetection.Alarm alarm) {
    return subject(alarm)
        + " is unusual: "
        + amount(alarm, alarm.observed())
        + " in an hour, expected "
        + estimate(alarm, alarm.verdict().expected());
  }

  private static String text(HourlyDetection.Alarm alarm) {
    Verdict verdict = alarm.verdict();
    StringBuilder text = new StringBuilder(subject(alarm));
    text.append(" in the hour until ")
        .append(Phrases.time(end(alarm), UTC))
        .append(" was ")
        .append(amount(alarm, alarm.observed()))
        .append(", where about ")
        .append(estimate(alarm, verdict.expected()))
        .append(" was expected");
    if (Double.isFinite(verdict.lower()) && Double.isFinite(verdict.upper())) {
      text.append(" and ")
          .append(estimate(alarm, verdict.lower()))
          .append(" to ")
          .append(estimate(alarm, verdict.upper()))
          .append(" would have been usual");
    }
    text.append('.');
    boolean up = verdict.direction() == Verdict.Direction.UP;
    switch (cause(alarm)) {
      case NONE, SPIKE -> {}
      case SEASON -> text.append(" It does not fit the time of the day or week.");
      case LEVEL ->
          text.append(" The mean of the latest 24 hours is ")
              .append(up ? "higher" : "lower")
              .append(" than it has been.");
      case SEASON_LEVEL ->
          text.append(" The latest hours are ")
              .append(up ? "higher" : "lower")
              .append(" than at their time of the day or week.");
      case VARIABILITY ->
          text.append(" In the latest 24 hours it has moved ")
              .append(up ? "more" : "less")
              .append(" than before.");
    }
    return text.toString();
  }

  private static String subject(HourlyDetection.Alarm alarm) {
    Map<String, List<String>> cut = new TreeMap<>();
    alarm
        .subject()
        .filters()
        .forEach(
            (dimension, values) ->
                cut.put(
                    dimension,
                    values.stream()
                        .map(
                            value ->
                                value.length() <= MAX_SHOWN
                                    ? value
                                    : value.substring(0, MAX_SHOWN) + "…")
                        .toList()));
    return Phrases.subject(alarm.measure().label(), cut);
  }

  private static String amount(HourlyDetection.Alarm alarm, long amount) {
    return Phrases.amount(alarm.measure().label(), alarm.measure().inUnit(amount));
  }

  private static String estimate(HourlyDetection.Alarm alarm, double estimate) {
    return Phrases.amount(alarm.measure().label(), alarm.measure().inUnit(estimate));
  }

  private static Map<String, String> labels(HourlyDetection.Alarm alarm) {
    Map<String, String> labels = new TreeMap<>();
    labels.put("measure", alarm.measure().label());
    if (!alarm.subject().isTenant()) {
      labels.put(alarm.subject().dimension(), alarm.subject().value());
    }
    return labels;
  }

  private static List<Notification.Fact> facts(HourlyDetection.Alarm alarm) {
    List<Notification.Fact> facts = new ArrayList<>();
    facts.add(new Notification.Fact("Observed", amount(alarm, alarm.observed())));
    facts.add(new Notification.Fact("Baseline", estimate(alarm, alarm.verdict().expected())));
    facts.add(new Notification.Fact("Score", score(alarm).toPlainString()));
    return facts;
  }

  private static BigDecimal score(HourlyDetection.Alarm alarm) {
    return BigDecimal.valueOf(alarm.verdict().score()).setScale(3, RoundingMode.DOWN);
  }

  private static Map<String, Object> data(
      HourlyDetection.Alarm alarm, String text, Optional<Explanation> explanation) {
    Verdict verdict = alarm.verdict();
    WatchedMeasure measure = alarm.measure();
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("measure", measure.label());
    data.put("filters", alarm.subject().filters());
    data.put("window_start", alarm.anomaly().bucket().toString());
    data.put("window_end", end(alarm).toString());
    data.put("observed", measure.shown(measure.inUnit(alarm.observed())));
    data.put("expected", measure.shown(measure.inUnit(verdict.expected())));
    if (Double.isFinite(verdict.lower())) {
      data.put("lower", measure.shown(measure.inUnit(verdict.lower())));
    }
    if (Double.isFinite(verdict.upper())) {
      data.put("upper", measure.shown(measure.inUnit(verdict.upper())));
    }
    data.put("score", score(alarm));
    data.put("cause", cause(alarm).name().toLowerCase(Locale.ROOT));
    data.put("direction", verdict.direction().name().toLowerCase(Locale.ROOT));
    data.put(
        "measures",
        alarm.anomaly().measures().stream().sorted().map(WatchedMeasure::label).toList());
    data.put("title", title(alarm));
    data.put("text", text);
    explanation.ifPresent(found -> data.put("explanation", found.data()));
    return data;
  }
}
