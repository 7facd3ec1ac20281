package dev.tokenledger.alerting.silence;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.Map;
import java.util.Objects;

/**
 * A test of one label, with the meaning that Alertmanager's matchers have: patterns match the whole
 * value, and a label that is not there has the empty value.
 *
 * <p>Patterns are RE2's, which take time in proportion to their own size and the value's, whatever
 * they are; both sizes are bounded.
 *
 * <p>Source: Alertmanager documentation, "Configuration", section "Label matchers".
 */
public final class Matcher {
  static final int MAX_LABEL = 100;
  static final int MAX_VALUE = 256;

  /** Longer values of labels are matched by their beginning. */
  static final int MAX_INPUT = 1_024;

  /** Bounds what a pattern compiles to; {@code [a-z]{1000}} does not fit. */
  private static final int MAX_PROGRAM = 1_000;

  /** Bounds the work of compiling: all counts of a pattern multiplied, as if they were nested. */
  private static final long MAX_REPEATS = 1_000;

  private static final java.util.regex.Pattern REPEAT =
      java.util.regex.Pattern.compile("\\{(\\d+)(?:,(\\d*))?\\}");

  private final String label;
  private final Operator operator;
  private final String value;
  private final Pattern pattern;

  /** How a label's value is compared. */
  public enum Operator {
    EQUAL("="),
    NOT_EQUAL("!="),
    MATCHES("=~"),
    DOES_NOT_MATCH("!~");

    private final String sign;

    Operator(String sign) {
      this.sign = sign;
    }

    /**
     * @throws IllegalArgumentException if there is no such operator
     */
    @JsonCreator
    public static Operator of(String sign) {
      for (Operator operator : values()) {
        if (operator.sign.equals(sign)) {
          return operator;
        }
      }
      throw new IllegalArgumentException("the operator must be =, !=, =~ or !~");
    }

    @JsonValue
    public String sign() {
      return sign;
    }

    private boolean isPattern() {
      return this == MATCHES || this == DOES_NOT_MATCH;
    }

    private boolean isNegative() {
      return this == NOT_EQUAL || this == DOES_NOT_MATCH;
    }
  }

  /**
   * @throws IllegalArgumentException if the label, the value or the pattern cannot be used; the
   *     message says why
   */
  public Matcher(String label, Operator operator, String value) {
    if (label.isBlank() || label.length() > MAX_LABEL) {
      throw new IllegalArgumentException("a label has from 1 to " + MAX_LABEL + " characters");
    }
    if (value.length() > MAX_VALUE) {
      throw new IllegalArgumentException("a value has up to " + MAX_VALUE + " characters");
    }
    this.label = label;
    this.operator = operator;
    this.value = value;
    this.pattern = operator.isPattern() ? compile(value) : Pattern.compile("");
  }

  private static Pattern compile(String value) {
    long repeats = 1;
    for (java.util.regex.Matcher count = REPEAT.matcher(value); count.find(); ) {
      String most =
          count.group(2) == null || count.group(2).isEmpty() ? count.group(1) : count.group(2);
      // More than nine digits are too many, whatever they say.
      repeats *= most.length() > 9 ? MAX_REPEATS + 1 : Math.max(1, Integer.parseInt(most));
      if (repeats > MAX_REPEATS) {
        throw new IllegalArgumentException(
            "a pattern's counts, multiplied, are at most " + MAX_REPEATS);
      }
    }
    Pattern pattern;
    try {
      pattern = Pattern.compile(value);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException("'" + value + "' is no pattern: " + e.getDescription(), e);
    }
    if (pattern.programSize() > MAX_PROGRAM) {
      throw new IllegalArgumentException("the pattern is too large; name fewer repetitions");
    }
    return pattern;
  }

  public String label() {
    return label;
  }

  public Operator operator() {
    return operator;
  }

  public String value() {
    return value;
  }

  public boolean matches(Map<String, String> labels) {
    return matches(labels.getOrDefault(label, ""));
  }

  /** Whether it holds for things that do not have the label. */
  public boolean matchesNothing() {
    return matches("");
  }

  private boolean matches(String actual) {
    boolean same =
        operator.isPattern()
            ? pattern.matches(actual.substring(0, Math.min(actual.length(), MAX_INPUT)))
            : actual.equals(value);
    return same != operator.isNegative();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Matcher that
        && label.equals(that.label)
        && operator == that.operator
        && value.equals(that.value);
  }

  @Override
  public int hashCode() {
    return Objects.hash(label, operator, value);
  }

  @Override
  public String toString() {
    return label + operator.sign() + '"' + value + '"';
  }
}
