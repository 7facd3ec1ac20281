package dev.tokenledger.alerting.explanation;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What moved, against which baseline, and who accounts for how much of it. */
public final class Explanation {
  private final Quantity quantity;
  private final Map<String, List<String>> filters;
  private final Window window;
  private final ZoneId zone;
  private final Baseline baseline;
  private final Analysis analysis;
  private final @Nullable Cause user;

  /**
   * @param analysis with the onsets of its causes, where they can be told
   * @param user the person who accounts for most of the change, if anybody does
   */
  Explanation(
      Quantity quantity,
      Map<String, List<String>> filters,
      Window window,
      ZoneId zone,
      Baseline baseline,
      Analysis analysis,
      @Nullable Cause user) {
    this.quantity = quantity;
    this.filters = Map.copyOf(filters);
    this.window = window;
    this.zone = zone;
    this.baseline = baseline;
    this.analysis = analysis;
    this.user = user;
  }

  /** A few sentences for people, without markup. */
  public String text() {
    return ExplanationText.of(quantity, filters, window, zone, baseline, analysis, user);
  }

  /** The same for programs: texts, numbers, lists and maps. */
  public Map<String, Object> data() {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("measure", quantity.measure());
    data.put("start", window.start().toString());
    data.put("end", window.end().toString());
    data.put("timezone", zone.getId());
    put(data, "observed", analysis.observed());
    if (baseline.windows() > 0) {
      data.put("compared_with", baseline.words(window));
      put(data, "baseline", analysis.usual());
      putDifference(data, analysis.observed(), analysis.usual());
    }
    data.put("verdict", analysis.verdict().label());
    if (quantity.asMean()) {
      data.put("explained_by", "mean");
    }
    data.put("causes", analysis.causes().stream().map(this::data).toList());
    if (!analysis.causes().isEmpty()) {
      if (quantity.isRatio()) {
        data.put("mix_share_percent", analysis.mixPercent());
      }
      data.put("rest_share_percent", analysis.restPercent());
    }
    if (user != null) {
      data.put("user", data(user));
    }
    data.put("text", text());
    return data;
  }

  private Map<String, Object> data(Cause cause) {
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("values", cause.values());
    data.put("share_percent", cause.percent());
    put(data, "observed", cause.observed());
    put(data, "baseline", cause.usual());
    putDifference(data, cause.observed(), cause.usual());
    Onset onset = cause.onset();
    if (onset != null) {
      data.put(onset.orEarlier() ? "since_at_least" : "since", onset.at().toString());
    }
    return data;
  }

  private void put(Map<String, Object> data, String name, Figure figure) {
    BigDecimal value = quantity.value(figure);
    if (value != null) {
      data.put(name, shown(value));
    }
  }

  private void putDifference(Map<String, Object> data, Figure observed, Figure usual) {
    BigDecimal now = quantity.value(observed);
    BigDecimal before = quantity.value(usual);
    if (now != null && before != null) {
      data.put("difference", shown(now.subtract(before)));
      if (before.signum() > 0) {
        data.put(
            "ratio", now.divide(before, MathContext.DECIMAL32).setScale(3, RoundingMode.HALF_UP));
      }
    }
  }

  /** Money is text, as everywhere in the API. */
  private Object shown(BigDecimal value) {
    return switch (quantity.unit()) {
      case MONEY, MONEY_PER_1K -> value.toPlainString();
      case TOKENS, COUNT -> value.longValue();
      case DURATION, SHARE -> value;
    };
  }

  /** The slices that account for the change, the largest first, as values by dimension. */
  public List<Map<String, String>> causes() {
    List<Map<String, String>> causes = new ArrayList<>();
    analysis.causes().forEach(cause -> causes.add(cause.values()));
    return causes;
  }
}
