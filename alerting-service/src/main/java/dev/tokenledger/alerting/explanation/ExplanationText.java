package dev.tokenledger.alerting.explanation;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An explanation in sentences. */
final class ExplanationText {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm z", Locale.ENGLISH);
  private static final DateTimeFormatter DATE_AND_TIME =
      DateTimeFormatter.ofPattern("d MMM, HH:mm z", Locale.ENGLISH);
  private static final BigDecimal TWO = BigDecimal.valueOf(2);
  private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);

  /** Causes that are named in the text; programs get them all. */
  private static final int NAMED = 3;

  private ExplanationText() {}

  static String of(
      Quantity quantity,
      Map<String, List<String>> filters,
      Window window,
      ZoneId zone,
      Baseline baseline,
      Analysis analysis,
      @Nullable Cause user) {
    StringBuilder text = new StringBuilder();
    text.append(quantity.noun()).append(Wording.qualifiers(filters)).append(" was ");
    text.append(movement(quantity, window, analysis)).append('.');
    causes(quantity, window, zone, analysis).forEach(sentence -> text.append(' ').append(sentence));
    if (user != null) {
      text.append(
          " By users, "
              + user.percent()
              + " % of it comes from "
              + user.values().get("user")
              + '.');
    }
    if (baseline.windows() > 1) {
      text.append(" Usual is ")
          .append(
              quantity.isRatio()
                  ? "the mean of "
                  : baseline.windows() > 2 ? "the median of " : "the mean of ")
          .append(baseline.words(window))
          .append('.');
    }
    return text.toString();
  }

  private static String movement(Quantity quantity, Window window, Analysis analysis) {
    BigDecimal now = quantity.value(analysis.observed());
    BigDecimal usual = quantity.value(analysis.usual());
    if (now == null) {
      return "not measured in the " + length(window.length()) + " looked at";
    }
    String shown = format(quantity.unit(), now);
    if (analysis.verdict() == Verdict.NO_BASELINE || usual == null) {
      return shown
          + " within the "
          + length(window.length())
          + "; there is nothing earlier to compare it with";
    }
    if (analysis.verdict() == Verdict.STEADY) {
      return shown + ", about as in its usual " + length(window.length());
    }
    String before = format(quantity.unit(), usual);
    if (quantity.unit() == Quantity.Unit.SHARE) {
      return shown + " instead of its usual " + before;
    }
    String amounts =
        shown + " instead of " + before + " (" + signed(quantity.unit(), now.subtract(usual)) + ")";
    if (usual.signum() == 0) {
      return shown + ", where there is usually nothing";
    }
    BigDecimal ratio = now.divide(usual, MathContext.DECIMAL64);
    String comparison =
        ratio.compareTo(TWO) >= 0
            ? ratio.setScale(1, RoundingMode.HALF_UP).stripTrailingZeros().toPlainString()
                + " times"
            : ratio
                    .subtract(BigDecimal.ONE)
                    .abs()
                    .multiply(HUNDRED)
                    .setScale(0, RoundingMode.HALF_UP)
                    .toPlainString()
                + " % "
                + (ratio.compareTo(BigDecimal.ONE) > 0 ? "above" : "below");
    return comparison + " its usual " + length(window.length()) + ": " + amounts;
  }

  private static List<String> causes(
      Quantity quantity, Window window, ZoneId zone, Analysis analysis) {
    // The value may fall while what is above the line rises, as that of a success rate does.
    boolean rises = analysis.change() > 0;
    String what = rises == quantity.complement() ? "fall" : "rise";
    return switch (analysis.verdict()) {
      case STEADY, NO_BASELINE -> List.of();
      case OVERALL ->
          List.of(
              "No single part stands out: everything "
                  + (what.equals("rise") ? "rose" : "fell")
                  + " by about as much.");
      case NEW ->
          analysis.causes().stream()
              .map(
                  cause -> cause.percent() + " % comes from " + Wording.actor(cause.values()) + '.')
              .toList();
      case MIX -> {
        List<String> sentences = new ArrayList<>();
        sentences.add("No rate changed much; the mix did.");
        analysis.causes().stream()
            .filter(cause -> !cause.values().isEmpty())
            .limit(1)
            .forEach(
                cause ->
                    sentences.add(
                        "Most of it: "
                            + Wording.actor(cause.values())
                            + " has "
                            + (cause.change() > 0 == rises && rises ? "more" : "less")
                            + " of the volume than usual."));
        yield sentences;
      }
      case UNCLEAR -> {
        List<String> sentences = new ArrayList<>();
        sentences.add("There is no clear cause: many parts moved a little.");
        analysis.causes().stream()
            .filter(cause -> cause.percent() > 0 && !cause.values().isEmpty())
            .limit(1)
            .forEach(
                cause ->
                    sentences.add(
                        "The largest part, "
                            + cause.percent()
                            + " %, comes from "
                            + cause(quantity, window, zone, cause)
                            + '.'));
        yield sentences;
      }
      case CAUSES -> causes(quantity, window, zone, analysis, what);
    };
  }

  private static List<String> causes(
      Quantity quantity, Window window, ZoneId zone, Analysis analysis, String what) {
    List<String> with = new ArrayList<>();
    List<String> against = new ArrayList<>();
    for (Cause cause : analysis.causes().subList(0, Math.min(NAMED, analysis.causes().size()))) {
      String actor = cause(quantity, window, zone, cause);
      if (cause.percent() >= 0) {
        with.add(
            cause.percent()
                + " %"
                + (with.isEmpty() ? " of the " + what + " comes from " : " from ")
                + actor);
      } else {
        against.add(actor);
      }
    }
    List<String> sentences = new ArrayList<>();
    sentences.add(join(with) + '.');
    if (analysis.mixPercent() >= 10) {
      sentences.add(analysis.mixPercent() + " % comes from a change of the mix.");
    }
    if (!against.isEmpty()) {
      sentences.add(
          "At the same time " + join(against) + (what.equals("rise") ? " fell." : " rose."));
    }
    return sentences;
  }

  private static String cause(Quantity quantity, Window window, ZoneId zone, Cause cause) {
    StringBuilder text = new StringBuilder();
    text.append(cause.values().isEmpty() ? "everything else" : Wording.actor(cause.values()));
    if (quantity.isRatio() && !cause.values().isEmpty()) {
      BigDecimal now = quantity.value(cause.observed());
      BigDecimal usual = quantity.value(cause.usual());
      if (now != null) {
        text.append(" (").append(format(quantity.unit(), now));
        text.append(
            usual == null ? ", new)" : " instead of " + format(quantity.unit(), usual) + ")");
      }
    }
    Onset onset = cause.onset();
    if (onset != null) {
      text.append(onset.orEarlier() ? " since before " : " since ");
      text.append(time(onset.at(), window.end(), zone));
    }
    return text.toString();
  }

  private static String time(Instant time, Instant end, ZoneId zone) {
    ZonedDateTime local = time.atZone(zone);
    boolean today = local.toLocalDate().equals(end.minusMillis(1).atZone(zone).toLocalDate());
    return (today ? TIME : DATE_AND_TIME).format(local);
  }

  private static String join(List<String> parts) {
    int last = parts.size() - 1;
    return last < 1
        ? String.join("", parts)
        : String.join(", ", parts.subList(0, last)) + " and " + parts.get(last);
  }

  /** A length of time after "the" or "its usual". */
  static String length(Duration length) {
    if (length.equals(Duration.ofHours(1))) {
      return "hour";
    }
    if (length.equals(Duration.ofDays(1))) {
      return "day";
    }
    if (length.equals(Duration.ofMinutes(1))) {
      return "minute";
    }
    if (length.equals(Duration.ofDays(7))) {
      return "week";
    }
    if (length.toSeconds() % Duration.ofDays(1).toSeconds() == 0) {
      return length.toDays() + " days";
    }
    return length.toSeconds() % Duration.ofHours(1).toSeconds() == 0
        ? length.toHours() + " hours"
        : length.toMinutes() + " minutes";
  }

  private static String signed(Quantity.Unit unit, BigDecimal difference) {
    return (difference.signum() < 0 ? "−" : "+") + format(unit, difference.abs());
  }

  /** A value for people: rounded, with its unit. */
  static String format(Quantity.Unit unit, BigDecimal value) {
    return switch (unit) {
      case MONEY, MONEY_PER_1K -> (value.signum() < 0 ? "−$" : "$") + dollars(value.abs());
      case TOKENS, COUNT -> pattern("#,##0", value);
      case SHARE -> pattern("0.#", value.multiply(HUNDRED)) + " %";
      case DURATION ->
          value.compareTo(BigDecimal.valueOf(1_000)) < 0
              ? pattern(value.compareTo(BigDecimal.TEN) < 0 ? "0.##" : "0", value) + " ms"
              : pattern("#,##0.##", value.movePointLeft(3)) + " s";
    };
  }

  private static String dollars(BigDecimal value) {
    if (value.signum() == 0 || value.compareTo(BigDecimal.ONE) >= 0) {
      return pattern(value.compareTo(BigDecimal.valueOf(1_000)) >= 0 ? "#,##0" : "0.00", value);
    }
    BigDecimal rounded = value.round(new MathContext(2, RoundingMode.HALF_UP));
    return rounded.setScale(Math.max(2, rounded.scale()), RoundingMode.HALF_UP).toPlainString();
  }

  private static String pattern(String pattern, BigDecimal value) {
    DecimalFormat format =
        new DecimalFormat(pattern, DecimalFormatSymbols.getInstance(Locale.ROOT));
    format.setRoundingMode(RoundingMode.HALF_UP);
    return format.format(value);
  }
}
