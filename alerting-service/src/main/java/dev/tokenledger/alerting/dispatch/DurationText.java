package dev.tokenledger.alerting.dispatch;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Lengths of time as people write them in Alertmanager's settings: {@code 30s}, {@code 1h30m}. */
final class DurationText {
  private static final Pattern FORM =
      Pattern.compile("(?:(\\d{1,4})d)?(?:(\\d{1,6})h)?(?:(\\d{1,8})m)?(?:(\\d{1,9})s)?");

  private DurationText() {}

  /**
   * @throws IllegalArgumentException if the text is no length of time
   */
  static Duration parse(String text) {
    Matcher form = FORM.matcher(text.strip());
    if (text.isBlank() || !form.matches()) {
      throw new IllegalArgumentException("'" + text + "' is no length of time such as 30s or 4h");
    }
    return Duration.ofDays(number(form.group(1)))
        .plusHours(number(form.group(2)))
        .plusMinutes(number(form.group(3)))
        .plusSeconds(number(form.group(4)));
  }

  private static long number(@Nullable String digits) {
    return digits == null ? 0 : Long.parseLong(digits);
  }

  /** The shortest text of a number of seconds; {@code 0s} for none. */
  static String format(Duration span) {
    StringBuilder text = new StringBuilder();
    append(text, span.toDays(), 'd');
    append(text, span.toHoursPart(), 'h');
    append(text, span.toMinutesPart(), 'm');
    append(text, span.toSecondsPart(), 's');
    return text.isEmpty() ? "0s" : text.toString();
  }

  private static void append(StringBuilder text, long number, char unit) {
    if (number > 0) {
      text.append(number).append(unit);
    }
  }
}
