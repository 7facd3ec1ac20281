package dev.tokenledger.alerting.receiver;

/** The beginning of texts that receivers take only up to a length. */
public final class Excerpt {
  private static final String CUT = "…";

  private Excerpt() {}

  /**
   * A text of at most so many UTF-16 units, with an ellipsis where something is missing; no
   * character is cut in two.
   */
  public static String of(String text, int most) {
    if (text.length() <= most) {
      return text;
    }
    int end = most - CUT.length();
    return text.substring(0, Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end) + CUT;
  }

  /** As {@link #of}, in one line: control characters become spaces. */
  public static String line(String text, int most) {
    return of(text.replaceAll("\\p{Cntrl}+", " ").strip(), most);
  }
}
