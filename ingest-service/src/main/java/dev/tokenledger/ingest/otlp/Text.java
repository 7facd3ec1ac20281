package dev.tokenledger.ingest.otlp;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
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

  /** The most of any text that is held while its span is read; more than all of the above. */
  static final int LONGEST = 4_096;

  /** As {@link #LONGEST}, for an attribute that holds JSON. */
  static final int JSON = 1 << 20;

  /** A mark and 64 bits of a hash, by which identifiers that were cut stay different. */
  private static final int MARK = 17;

  private Text() {}

  static @Nullable String dimension(@Nullable String text) {
    return bounded(text, DIMENSION);
  }

  static @Nullable String id(@Nullable String text) {
    return identifier(text, ID);
  }

  /**
   * As {@link #bounded}, but identifiers that differ stay different: one that had to be changed
   * ends in {@code ~} and 16 digits of its hash.
   */
  static @Nullable String identifier(@Nullable String text, int limit) {
    String bounded = bounded(text, limit);
    if (text == null || bounded == null || bounded.equals(text.strip())) {
      return bounded;
    }
    return marked(bounded, text.strip(), limit);
  }

  /** Text that is no longer than the limit; what was longer ends in its hash. */
  static String shortened(String text, int limit) {
    return text.length() <= limit ? text : marked(text, text, limit);
  }

  private static String marked(String text, String whole, int limit) {
    int end = Math.min(text.length(), limit - MARK);
    if (Character.isHighSurrogate(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(0, end) + '~' + hash(whole);
  }

  private static String hash(String text) {
    try {
      // UTF-16, in which halves of surrogate pairs are told from question marks.
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_16BE));
      return HexFormat.of().formatHex(digest, 0, (MARK - 1) / 2);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is missing from this Java runtime", e);
    }
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
      if (c != 0 && !Character.isSurrogate(c)) {
        continue;
      }
      if (Character.isHighSurrogate(c)
          && i + 1 < end
          && Character.isLowSurrogate(stripped.charAt(i + 1))) {
        i++;
      } else {
        if (clean == null) {
          clean = new StringBuilder(end).append(stripped, 0, end);
        }
        clean.setCharAt(i, '\uFFFD');
      }
    }
    return clean == null ? stripped.substring(0, end) : clean.toString();
  }
}
