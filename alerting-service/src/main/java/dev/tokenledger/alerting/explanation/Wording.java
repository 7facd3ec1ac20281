package dev.tokenledger.alerting.explanation;

import dev.tokenledger.model.rollup.DimensionValues;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Slices in words. */
final class Wording {
  /** The order in which dimensions are told: who, for what, with what, where. */
  private static final List<String> ORDER =
      List.of(
          "agent",
          "feature",
          "user",
          "api_key",
          "prompt",
          "tool",
          "model",
          "provider",
          "project",
          "environment");

  private static final Map<String, String> PREPOSITIONS =
      Map.of(
          "agent", "of agent ",
          "feature", "for feature ",
          "user", "by user ",
          "api_key", "by API key ",
          "model", "on ",
          "provider", "at ",
          "project", "in project ",
          "environment", "in ");

  private Wording() {}

  /** A slice as something that acts: "agent crawler on gpt-4o". */
  static String actor(Map<String, String> values) {
    StringBuilder text = new StringBuilder();
    for (Map.Entry<String, String> entry : ordered(values).entrySet()) {
      String name = name(entry.getKey());
      String value = entry.getValue();
      if (!text.isEmpty()) {
        text.append(' ').append(qualifier(entry.getKey(), List.of(value)));
      } else if (value.equals(DimensionValues.NONE)) {
        text.append("what has no ").append(name);
      } else if (value.equals(DimensionValues.OTHER)) {
        text.append("the many smaller values of ").append(name);
      } else {
        text.append(name).append(' ').append(value);
      }
    }
    return text.toString();
  }

  /** Filters as they qualify a measure: " of agent crawler in project search", or nothing. */
  static String qualifiers(Map<String, List<String>> filters) {
    return ordered(filters).entrySet().stream()
        .map(entry -> " " + qualifier(entry.getKey(), entry.getValue()))
        .collect(Collectors.joining());
  }

  private static String qualifier(String dimension, List<String> values) {
    if (values.equals(List.of(DimensionValues.NONE))) {
      return "without " + name(dimension);
    }
    return PREPOSITIONS.getOrDefault(dimension, "with " + name(dimension) + ' ')
        + String.join(" or ", values);
  }

  private static String name(String dimension) {
    return dimension.startsWith("tags.")
        ? dimension.substring("tags.".length())
        : dimension.replace('_', ' ').toLowerCase(Locale.ROOT);
  }

  private static <T> Map<String, T> ordered(Map<String, T> values) {
    Map<String, T> ordered = new LinkedHashMap<>();
    ORDER.stream()
        .filter(values::containsKey)
        .forEach(dimension -> ordered.put(dimension, values.get(dimension)));
    values.keySet().stream()
        .sorted()
        .forEach(dimension -> ordered.putIfAbsent(dimension, values.get(dimension)));
    return ordered;
  }
}
