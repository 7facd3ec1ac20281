package dev.tokenledger.platform.text;

import org.jspecify.annotations.Nullable;

/**
 * Text as every store can keep it: Unicode without the character NUL, which Postgres has no way to
 * store, and without halves of surrogate pairs, which are no characters.
 */
public final class PlainText {
  private PlainText() {}

  /**
   * What is wrong with a text, as the end of a sentence, or null when nothing is.
   *
   * @param text any text, of any length
   */
  public static @Nullable String fault(CharSequence text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == 0) {
        return "the character NUL, which no text may have";
      }
      if (Character.isSurrogate(c)) {
        if (Character.isLowSurrogate(c)
            || i + 1 == text.length()
            || !Character.isLowSurrogate(text.charAt(i + 1))) {
          return "half of a surrogate pair, which is no character";
        }
        i++;
      }
    }
    return null;
  }
}
