package dev.tokenledger.ingest.otlp;

import org.jspecify.annotations.Nullable;

/**
 * Bounds text that others chose. What is longer is cut, not refused: losing the tail of a name is
 * better than losing the usage. Lengths are in UTF-16 units.
 */
final class Text {
  /** What becomes a dimension, such as a model or a user. */
  static final int DIMENSION = 256;

  /** Identifiers made by others: sessions, answers. */
  static final int ID = 128;

  /** A kept attribute that is shown and never grouped by. */
  static final int DETAIL = 256;

  private Text() {}

  static @Nullable String dimension(@Nullable String text) {
    return bounded(text, DIMENSION);
  }

  static @Nullable String id(@Nullable String text) {
    return bounded(text, ID);
  }

  /**
   * The text without surrounding space, cut at the limit and never within a surrogate pair; null
   * for nothing. NUL and lone surrogates become U+FFFD, since no store takes them.
   */
  static @Nullable String bounded(@Nullable String text, int limit) {
    if (text == null || text.isBlank()) {
      return null;
    }
    String stripped = text.strip();
    int end = Math.min(stripped.length(), limit);
    if (end < stripped.length() && Character.isHighSurrogate(stripped.charAt(end - 1))) {
      end--;
    }
    StringBuilder clean = null;
    for (int i = 0; i < end; i++) {
      char c = stripped.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < end
          && Character.isLowSurrogate(stripped.charAt(i + 1))) {
        i++;
      } else if (c == 0 || Character.isSurrogate(c)) {
        if (clean == null) {
          clean = new StringBuilder(stripped);
        }
        clean.setCharAt(i, '\uFFFD');
      }
    }
    return clean == null ? stripped.substring(0, end) : clean.substring(0, end);
  }
}
