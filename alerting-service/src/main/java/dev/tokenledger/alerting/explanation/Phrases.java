package dev.tokenledger.alerting.explanation;

import dev.tokenledger.platform.query.Query;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Measures, amounts and times as sentences about them say it. */
public final class Phrases {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("d MMM, HH:mm z", Locale.ENGLISH);

  private Phrases() {}

  /**
   * A measure under filters, at the beginning of a sentence: "Spend of agent crawler on gpt-4o".
   *
   * @param measure a name of the query API
   */
  public static String subject(String measure, Map<String, List<String>> filters) {
    String noun;
    if (measure.matches(".*_ms\\.p[0-9]+")) {
      String percentile = measure.substring(measure.indexOf('.') + 1);
      String duration = measure.substring(0, measure.indexOf("_ms")).replace('_', ' ');
      noun = "The " + percentile + " of the " + duration;
    } else {
      noun = quantity(measure).map(Quantity::noun).orElse("The number of " + words(measure));
    }
    return noun + Wording.qualifiers(filters);
  }

  /** A value of a measure, in the unit of the query API, as people read it: "$212.00", "1.9 s". */
  public static String amount(String measure, BigDecimal value) {
    return ExplanationText.format(
        quantity(measure).map(Quantity::unit).orElse(Quantity.Unit.COUNT), value);
  }

  /** Whether a measure is money, which the API shows as text. */
  public static boolean isMoney(String measure) {
    return quantity(measure)
        .map(Quantity::unit)
        .filter(unit -> unit == Quantity.Unit.MONEY || unit == Quantity.Unit.MONEY_PER_1K)
        .isPresent();
  }

  /** Whether a measure of nothing is zero, rather than unknown. */
  public static boolean isSum(String measure) {
    return quantity(measure).map(quantity -> !quantity.isRatio()).orElse(true);
  }

  /** A length of time after "the": "hour", "5 minutes". */
  public static String length(Duration length) {
    return ExplanationText.length(length);
  }

  public static String time(Instant time, ZoneId zone) {
    return TIME.format(time.atZone(zone));
  }

  private static Optional<Quantity> quantity(String measure) {
    return Quantity.of(Query.measures(List.of(measure)).get(0));
  }

  private static String words(String measure) {
    return measure.replace('_', ' ');
  }
}
