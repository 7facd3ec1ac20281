package dev.tokenledger.alerting.budget;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.tokenledger.platform.query.QueryDimension;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which calls count: those that have one of the values for each of the dimensions. Without
 * dimensions, all of the tenant's.
 *
 * @param values the values by dimension of the query API, such as {@code agent} or {@code
 *     tags.team}; at least one each
 */
public record BudgetScope(Map<String, List<String>> values) {
  private static final int MAX_DIMENSIONS = 6;
  private static final int MAX_VALUES = 100;
  private static final int MAX_LENGTH = 256;

  /** Everything that a tenant spends. */
  public static final BudgetScope EVERYTHING = new BudgetScope(Map.of());

  public BudgetScope {
    Map<String, List<String>> sorted = new TreeMap<>();
    values.forEach((dimension, all) -> sorted.put(dimension, List.copyOf(all)));
    values = Collections.unmodifiableMap(sorted);
  }

  /** As the API shows it: a single value stands alone. */
  @JsonValue
  public Map<String, Object> toJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    values.forEach((dimension, all) -> json.put(dimension, all.size() == 1 ? all.get(0) : all));
    return json;
  }

  /**
   * Reads a scope as the API takes it: texts, or lists of texts, by dimension.
   *
   * @throws IllegalArgumentException saying what is wrong, for people
   */
  public static BudgetScope parse(Map<String, ?> json) {
    if (json.size() > MAX_DIMENSIONS) {
      throw new IllegalArgumentException("it names more than " + MAX_DIMENSIONS + " dimensions");
    }
    Map<String, List<String>> values = new LinkedHashMap<>();
    json.forEach(
        (dimension, given) -> {
          if (QueryDimension.find(dimension).isEmpty()) {
            throw new IllegalArgumentException(
                "there is no such dimension; there are "
                    + String.join(", ", QueryDimension.names()));
          }
          Collection<?> all = given instanceof Collection<?> list ? list : listOf(given);
          if (all.isEmpty() || all.size() > MAX_VALUES) {
            throw new IllegalArgumentException(
                dimension + " must have from 1 to " + MAX_VALUES + " values");
          }
          values.put(dimension, all.stream().map(value -> text(dimension, value)).toList());
        });
    return new BudgetScope(values);
  }

  private static Collection<?> listOf(Object value) {
    return value == null ? List.of() : List.of(value);
  }

  private static String text(String dimension, Object value) {
    if (value instanceof String text && !text.isBlank() && text.length() <= MAX_LENGTH) {
      return text;
    }
    throw new IllegalArgumentException(
        dimension + " must be text of at most " + MAX_LENGTH + " characters");
  }

  /**
   * @param subject what is about to be spent on: a value by dimension; a dimension without value is
   *     absent
   */
  public boolean matches(Map<String, String> subject) {
    for (Map.Entry<String, List<String>> entry : values.entrySet()) {
      String value = subject.get(entry.getKey());
      if (value == null || !entry.getValue().contains(value)) {
        return false;
      }
    }
    return true;
  }

  /** The scope in words, for people. */
  public String text() {
    if (values.isEmpty()) {
      return "everything";
    }
    StringBuilder text = new StringBuilder();
    values.forEach(
        (dimension, all) ->
            text.append(text.isEmpty() ? "" : ", ")
                .append(dimension)
                .append(' ')
                .append(String.join(" or ", all)));
    return text.toString();
  }
}
