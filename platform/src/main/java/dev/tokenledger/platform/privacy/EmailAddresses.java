package dev.tokenledger.platform.privacy;

import java.util.function.UnaryOperator;

/**
 * Finds e-mail addresses in text: what the pattern {@code
 * [A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}\\.[A-Za-z]{2,24}} finds, in time that grows with the
 * length of the text alone. A pattern tries each beginning anew, which takes its time squared in
 * text that is almost an address.
 */
final class EmailAddresses {
  private static final int MAX_LOCAL = 64;
  private static final int MAX_DOMAIN = 190;
  private static final int MIN_TOP = 2;
  private static final int MAX_TOP = 24;

  private EmailAddresses() {}

  /** The text with each address in it replaced; the text itself when there is none. */
  static String replace(String text, UnaryOperator<String> replacement) {
    StringBuilder replaced = null;
    int copied = 0;
    int at = text.indexOf('@');
    while (at >= 0) {
      int next = at + 1;
      int start = start(text, at, copied);
      int end = start < at ? end(text, at + 1) : -1;
      if (end >= 0) {
        if (replaced == null) {
          replaced = new StringBuilder(text.length());
        }
        replaced.append(text, copied, start).append(replacement.apply(text.substring(start, end)));
        copied = end;
        next = end;
      }
      at = text.indexOf('@', next);
    }
    return replaced == null ? text : replaced.append(text, copied, text.length()).toString();
  }

  /** Where the part before the sign begins, not before the given place. */
  private static int start(String text, int at, int from) {
    int least = Math.max(from, at - MAX_LOCAL);
    int start = at;
    while (start > least && isLocal(text.charAt(start - 1))) {
      start--;
    }
    return start;
  }

  /** Where the longest domain that begins there ends, or -1 when none does. */
  private static int end(String text, int from) {
    // Only the last dot within reach that has letters behind it matters, so one pass finds it.
    int found = -1;
    int most = Math.min(text.length(), from + MAX_DOMAIN + 1);
    for (int i = from; i < most; i++) {
      char c = text.charAt(i);
      if (c == '.' && i > from && areLetters(text, i + 1)) {
        found = i;
      }
      if (!isDomain(c)) {
        break;
      }
    }
    if (found < 0) {
      return -1;
    }
    int end = found + 1;
    int last = Math.min(text.length(), found + 1 + MAX_TOP);
    while (end < last && isLetter(text.charAt(end))) {
      end++;
    }
    return end;
  }

  private static boolean areLetters(String text, int from) {
    return from + MIN_TOP <= text.length()
        && isLetter(text.charAt(from))
        && isLetter(text.charAt(from + 1));
  }

  private static boolean isLocal(char c) {
    return isLetter(c) || isDigit(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-';
  }

  private static boolean isDomain(char c) {
    return isLetter(c) || isDigit(c) || c == '.' || c == '-';
  }

  private static boolean isLetter(char c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
