package dev.tokenledger.ingest.events;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.tokenledger.ingest.decode.RejectionCode;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/**
 * Times as RFC 3339 has them: date and time, with a fraction or not, and an offset or Z. Digits
 * beyond the ninth of a fraction are dropped. A leap second, {@code :60}, is the last nanosecond
 * before it, so that it stays in its minute and day.
 */
final class EventTime {
  /** Characters of a time; RFC 3339 itself bounds no fraction. */
  private static final int MAX_LENGTH = 256;

  private static final int NANO_DIGITS = 9;
  private static final int NO_OFFSET = Integer.MIN_VALUE;

  private EventTime() {}

  static @Nullable Instant read(JsonParser json, EventFields fields) throws IOException {
    if (json.currentToken() != JsonToken.VALUE_STRING) {
      fields.wrong(
          RejectionCode.INVALID_TIME,
          "'time' must be RFC 3339 text, such as 2026-11-20T10:00:00.123Z.");
      if (json.currentToken().isStructStart()) {
        json.skipChildren();
      }
      return null;
    }
    try {
      return parse(json.getTextLength() > MAX_LENGTH ? "" : json.getText());
    } catch (DateTimeException e) {
      fields.wrong(
          RejectionCode.INVALID_TIME,
          "'time' is not RFC 3339 text with an offset, such as 2026-11-20T10:00:00.123Z.");
      return null;
    }
  }

  /**
   * @throws DateTimeException if the text is no such time
   */
  static Instant parse(String text) {
    if (text.length() > MAX_LENGTH) {
      throw new DateTimeException("too long for a time");
    }
    Instant instant = rfc3339(text);
    return instant != null ? instant : OffsetDateTime.parse(text).toInstant();
  }

  /**
   * The form that nearly all senders use, {@code yyyy-MM-ddTHH:mm:ss[.fraction]} with {@code Z} or
   * {@code ±HH:mm}, several times faster than the general parser; null for any other.
   */
  private static @Nullable Instant rfc3339(String text) {
    int length = text.length();
    if (length < 20
        || text.charAt(4) != '-'
        || text.charAt(7) != '-'
        || !isDelimiter(text.charAt(10))
        || text.charAt(13) != ':'
        || text.charAt(16) != ':') {
      return null;
    }
    int year = digits(text, 0, 4);
    int month = digits(text, 5, 7);
    int day = digits(text, 8, 10);
    int hour = digits(text, 11, 13);
    int minute = digits(text, 14, 16);
    int second = digits(text, 17, 19);
    int end = 19;
    int nano = 0;
    if (text.charAt(end) == '.') {
      int first = ++end;
      while (end < length && text.charAt(end) >= '0' && text.charAt(end) <= '9') {
        end++;
      }
      if (end == first) {
        return null;
      }
      nano = digits(text, first, Math.min(end, first + NANO_DIGITS));
      for (int i = end - first; i < NANO_DIGITS; i++) {
        nano *= 10;
      }
    }
    int offset = offsetSeconds(text, end);
    if ((year | month | day | hour | minute | second) < 0
        || hour > 23
        || minute > 59
        || second > 60
        || offset == NO_OFFSET) {
      return null;
    }
    if (second == 60) {
      second = 59;
      nano = 999_999_999;
    }
    long seconds =
        LocalDate.of(year, month, day).toEpochDay() * 86_400
            + hour * 3_600L
            + minute * 60L
            + second
            - offset;
    return Instant.ofEpochSecond(seconds, nano);
  }

  private static boolean isDelimiter(char c) {
    return c == 'T' || c == 't' || c == ' ';
  }

  /** Seconds east of Greenwich by the text from there on, or {@link #NO_OFFSET}. */
  private static int offsetSeconds(String text, int from) {
    int length = text.length() - from;
    if (length == 1 && (text.charAt(from) == 'Z' || text.charAt(from) == 'z')) {
      return 0;
    }
    if (length != 6 || text.charAt(from + 3) != ':') {
      return NO_OFFSET;
    }
    int hours = digits(text, from + 1, from + 3);
    int minutes = digits(text, from + 4, from + 6);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) {
      return NO_OFFSET;
    }
    int seconds = hours * 3_600 + minutes * 60;
    return switch (text.charAt(from)) {
      case '+' -> seconds;
      case '-' -> -seconds;
      default -> NO_OFFSET;
    };
  }

  /** The number that the characters spell, or -1 if one of them is no digit. */
  private static int digits(String text, int from, int until) {
    int value = 0;
    for (int i = from; i < until; i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value;
  }
}
