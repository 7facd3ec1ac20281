package dev.tokenledger.ingest.otlp;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Attributes by name. A value is text, a {@link Number}, a {@link Boolean} or a list of these;
 * nested maps have been flattened to dotted names.
 */
final class Attributes {
  /** Nesting of maps that is followed; no convention needs more than two. */
  static final int MAX_DEPTH = 4;

  /** Elements of a list that are read; they are shown, and nothing is reckoned from them. */
  static final int MAX_ELEMENTS = 128;

  static final Attributes NONE = new Attributes(Map.of(), false, 0);

  private final Map<String, Object> values;
  private final boolean genAi;
  private final long groups;

  Attributes(Map<String, Object> values) {
    this(
        values,
        values.keySet().stream().anyMatch(GenAiNames::isGenAi),
        values.keySet().stream().mapToLong(Attributes::groups).reduce(0, (a, b) -> a | b));
  }

  private static long groups(String name) {
    AttributeNames.Known known = AttributeNames.known(name);
    return known == null ? 0 : known.groups();
  }

  /**
   * @param genAi true when any attribute that was sent is of GenAI, whether it is kept or not
   * @param groups the bits of all groups of which a name is there
   */
  Attributes(Map<String, Object> values, boolean genAi, long groups) {
    this.values = values;
    this.genAi = genAi;
    this.groups = groups;
  }

  boolean isGenAi() {
    return genAi;
  }

  @Nullable Object get(String name) {
    assert isKept(name) : name + " is not among the attributes that are kept";
    return values.get(name);
  }

  private static boolean isKept(String... names) {
    for (String name : names) {
      if (AttributeNames.known(name) == null) {
        return false;
      }
    }
    return true;
  }

  boolean has(String name) {
    return text(name) != null;
  }

  /** What is there under a name as text, null when that is nothing. */
  @Nullable String text(String name) {
    Object value = get(name);
    if (value == null) {
      return null;
    }
    String text = asText(value);
    return text.isBlank() ? null : text;
  }

  /** The first of these that has something in it, as text; a list is joined by commas. */
  @Nullable String text(String... names) {
    assert isKept(names) : List.of(names) + " are not all among the attributes that are kept";
    for (String name : names) {
      String text = text(name);
      if (text != null) {
        return text;
      }
    }
    return null;
  }

  /** As {@link #text(String...)}, for the names of a group. */
  @Nullable String text(AttributeNames.Group group) {
    String name = firstOf(group);
    return name == null ? null : text(name);
  }

  /** The first name of a group under which there is something; null when there is none. */
  @Nullable String firstOf(AttributeNames.Group group) {
    if ((groups & group.bit()) != 0) {
      for (String name : group.names()) {
        if (has(name)) {
          return name;
        }
      }
    }
    return null;
  }

  /** As {@link #number(String...)}, for the names of a group. */
  @Nullable BigDecimal number(AttributeNames.Group group) {
    if ((groups & group.bit()) != 0) {
      for (String name : group.names()) {
        BigDecimal number = number(name);
        if (number != null) {
          return number;
        }
      }
    }
    return null;
  }

  /** The first of these that is a number or the text of one; null when there is none. */
  @Nullable BigDecimal number(String... names) {
    assert isKept(names) : List.of(names) + " are not all among the attributes that are kept";
    for (String name : names) {
      BigDecimal number = asNumber(values.get(name));
      if (number != null) {
        return number;
      }
    }
    return null;
  }

  Iterable<Map.Entry<String, Object>> entries() {
    return values.entrySet();
  }

  static String asText(Object value) {
    if (value instanceof String text) {
      return text;
    }
    if (value instanceof List<?> list) {
      StringBuilder joined = new StringBuilder();
      for (Object element : list) {
        joined.append(joined.length() == 0 ? "" : ",").append(element);
      }
      return joined.toString();
    }
    if (value instanceof Double || value instanceof BigDecimal) {
      BigDecimal number = asNumber(value);
      return number == null ? value.toString() : plain(number.stripTrailingZeros());
    }
    return value.toString();
  }

  /** The same text for a number in either encoding: {@code 1} and not {@code 1.0}. */
  private static String plain(BigDecimal number) {
    return Math.abs(number.scale()) < 20 ? number.toPlainString() : number.toString();
  }

  private static @Nullable BigDecimal asNumber(@Nullable Object value) {
    if (value instanceof Double number) {
      return number.isNaN() || number.isInfinite() ? null : BigDecimal.valueOf(number);
    }
    if (value instanceof BigDecimal number) {
      return Numbers.tame(number);
    }
    if (value instanceof Long number) {
      return BigDecimal.valueOf(number);
    }
    return value instanceof String text ? Numbers.parse(text) : null;
  }
}
